import unittest

from config import Config
from notes import create_app, db


class TestConfig(Config):
    TESTING = True
    SQLALCHEMY_DATABASE_URI = "sqlite://"


class NotesTest(unittest.TestCase):
    def test_a_note_is_listed(self):
        app = create_app(TestConfig)
        with app.app_context():
            db.create_all()
            client = app.test_client()
            client.post("/", data={"text": "remember the milk"})
            assert b"remember the milk" in client.get("/").data
