import json
import os

import pkg_resources
from bottle import Bottle, request

api = Bottle()
VERSION = pkg_resources.get_distribution("bottle").version

with open("fixtures/parts.json") as file:  # started from backend/, as the README says
    PARTS = json.load(file)


@api.get("/health")
def health():
    return {"bottle": VERSION}


@api.get("/parts")
def parts():
    return {"parts": PARTS}


@api.post("/photos")
def add_photo():
    os.makedirs("photos", exist_ok=True)
    photo = request.files.get("photo")
    photo.save("photos", overwrite=True)
    return {"photo": "/photos/" + photo.filename}
