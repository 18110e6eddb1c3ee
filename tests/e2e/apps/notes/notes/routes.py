import os

from flask import Blueprint, current_app, redirect, render_template, request, send_from_directory
from werkzeug.utils import secure_filename

from notes import db
from notes.models import Note

bp = Blueprint("notes", __name__)


@bp.route("/", methods=["GET", "POST"])
def index():
    if request.method == "POST":
        db.session.add(Note(text=request.form["text"]))
        db.session.commit()
        return redirect("/")
    return render_template("index.html", notes=Note.query.all())


@bp.route("/upload", methods=["POST"])
def upload():
    file = request.files["file"]
    os.makedirs(current_app.config["UPLOAD_FOLDER"], exist_ok=True)
    file.save(os.path.join(current_app.config["UPLOAD_FOLDER"], secure_filename(file.filename)))
    return {"saved": file.filename}


@bp.route("/uploads/<name>")
def uploaded(name):
    return send_from_directory(current_app.config["UPLOAD_FOLDER"], name)
