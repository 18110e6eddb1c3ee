"""The app's tests."""

import unittest
from wsgiref.util import setup_testing_defaults

from app import application


class ApplicationTest(unittest.TestCase):
    def test_says_hello(self) -> None:
        answers: list[str] = []
        environ: dict[str, object] = {}
        setup_testing_defaults(environ)
        body = b"".join(application(environ, lambda status, _headers: answers.append(status)))
        self.assertEqual((answers, body), (["200 OK"], b"Hello from {{ name }} at /\n"))


if __name__ == "__main__":
    unittest.main()
