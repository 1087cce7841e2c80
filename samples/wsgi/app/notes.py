# A web application on Bottle: routes, templates, forms, JSON, errors. WSGI joins it to CGI.

import json
import os
from wsgiref.handlers import CGIHandler

from bottle import Bottle, HTTPError, redirect, request, response, template

STORE = "/data/notes.json"
MOST_NOTES = 50
MOST_CHARACTERS = 500

PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{title}}</title>
<link rel="stylesheet" href="/style.css">
<p><a href="/">All programs</a></p>
<h1>{{title}}</h1>
% if note is None:
<form method="post" action="{{root}}/notes">
  <input name="text" placeholder="A note" maxlength="500" required> <button>Keep it</button>
</form>
<ol>
% for number, text in enumerate(notes, 1):
  <li><a href="{{root}}/notes/{{number}}">{{text[:60]}}</a>
% end
</ol>
<p><a href="{{root}}/notes.json">As JSON</a></p>
% else:
<p>{{note}}</p>
<p><a href="{{root}}/">All notes</a></p>
% end
"""

app = Bottle()


def page(title, notes=(), note=None):
    return template(PAGE, title=title, notes=notes, note=note, root=request.script_name.rstrip("/"))


def read_notes():
    try:
        with open(STORE, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return []


@app.get("/")
def index():
    return page("Notes", notes=read_notes())


@app.post("/notes")
def add():
    text = request.forms.getunicode("text", "").strip()[:MOST_CHARACTERS]
    if not text:
        raise HTTPError(400, "A note needs a text.")
    notes = [*read_notes(), text][-MOST_NOTES:]
    # Written aside and renamed, so that a reader never meets half a file.
    with open(STORE + ".new", "w", encoding="utf-8") as file:
        json.dump(notes, file)
    os.replace(STORE + ".new", STORE)
    redirect(f"{request.script_name.rstrip('/')}/notes/{len(notes)}")


@app.get("/notes/<number:int>")
def show(number):
    notes = read_notes()
    if not 0 < number <= len(notes):
        raise HTTPError(404, f"There is no note {number}.")
    return page(f"Note {number}", note=notes[number - 1])


@app.get("/notes.json")
def as_json():
    response.content_type = "application/json"
    return json.dumps(read_notes())


@app.error(400)
@app.error(404)
def fault(error):
    return page(error.status_line, note=error.body)


if __name__ == "__main__":
    CGIHandler().run(app)
