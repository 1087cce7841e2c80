# A CGI script: a form, JSON for programs, the environment, and a door that does not open.

import html
import json
import os
import platform
import sys
from urllib.parse import parse_qs

PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Python</title>
<link rel="stylesheet" href="/style.css">
<p><a href="/">All programs</a></p>
<h1>Python</h1>
<p>Hello {name}, from Python {version}.</p>
<form method="post"><input name="name" placeholder="Your name"> <button>Greet</button></form>
<h2>Open any file</h2>
<form><input name="open" value="{path}"> <button>Open</button></form>
{content}
<h2>Environment</h2>
<table>
{environment}
</table>
"""


def parameters():
    """Query string and form, the form first; the first value of each name."""
    body = ""
    if os.environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        body = sys.stdin.buffer.read().decode("utf-8", "replace")
    query = os.environ.get("QUERY_STRING", "")
    return {name: values[0] for name, values in parse_qs(f"{body}&{query}").items()}


def shown(path):
    """What opening a path gives: the text, or the sandbox's refusal."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return f"<pre>{html.escape(file.read(4096))}</pre>"
    except OSError as error:
        return f'<p class="refused">{html.escape(str(error))}</p>'


def main():
    given = parameters()
    name = given.get("name", "world")
    if given.get("format") == "json":
        print("Content-Type: application/json\n")
        print(json.dumps({"hello": name, "python": platform.python_version()}))
        return
    path = given.get("open", "/etc/passwd")
    rows = (f"<tr><th>{html.escape(key)}<td>{html.escape(value)}"
            for key, value in sorted(os.environ.items()))
    print("Content-Type: text/html; charset=utf-8\n")
    print(PAGE.format(name=html.escape(name), version=platform.python_version(),
                      path=html.escape(path), content=shown(path) if "open" in given else "",
                      environment="\n".join(rows)))


main()
