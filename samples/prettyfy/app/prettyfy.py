# Lists what was uploaded, and shows one file highlighted by Pygments.

import html
import os
import re
import sys
from email.parser import BytesParser
from urllib.parse import parse_qs, quote

UPLOADS = "uploads/"
SHOWN_BYTES = 100_000
KEPT_FILES = 20

PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>PrettyFy</title>
<link rel="stylesheet" href="/style.css">
<style>{style}</style>
<p><a href="/">All programs</a></p>
<h1>PrettyFy</h1>
<form method="post" enctype="multipart/form-data">
  <input type="file" name="file" required> <button>Upload</button>
</form>
<h2>Uploaded files</h2>
<ul>{files}</ul>
{content}
"""


def uploaded():
    """Name and bytes of the first file of a posted form; None when there is none."""
    head = f"Content-Type: {os.environ.get('CONTENT_TYPE', '')}\n\n".encode()
    form = BytesParser().parsebytes(head + sys.stdin.buffer.read())
    for part in form.walk():
        if part.get_filename():
            return part.get_filename(), part.get_payload(decode=True)
    return None


def keep(name, content):
    """Stores a file under the last part of its name, in plain letters; drops the oldest beyond 20."""
    name = re.sub(r"[^\w.-]", "_", re.split(r"[/\\]", name)[-1]).lstrip(".") or "file"
    with open(UPLOADS + name, "wb") as file:
        file.write(content)
    kept = sorted(os.scandir(UPLOADS), key=lambda entry: entry.stat().st_mtime, reverse=True)
    for entry in kept[KEPT_FILES:]:
        os.remove(entry.path)
    return name


def highlighted(path):
    """HTML and style of a file. The path is used as it came: the sandbox is what holds."""
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read(SHOWN_BYTES)
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import TextLexer, get_lexer_for_filename
    from pygments.util import ClassNotFound
    try:
        lexer = get_lexer_for_filename(path)
    except ClassNotFound:
        lexer = TextLexer()
    formatter = HtmlFormatter(cssclass="highlight", nobackground=True)
    dark = HtmlFormatter(style="monokai", nobackground=True)
    style = (formatter.get_style_defs(".highlight")
             + "@media (prefers-color-scheme: dark) {" + dark.get_style_defs(".highlight") + "}")
    return f"<p>{html.escape(lexer.name)}</p>{highlight(text, lexer, formatter)}", style


def main():
    if os.environ.get("REQUEST_METHOD") == "POST":
        file = uploaded()
        name = keep(*file) if file else ""
        print(f"Status: 303\nLocation: {os.environ['SCRIPT_NAME']}?file={quote(name)}\n")
        return
    wish = parse_qs(os.environ.get("QUERY_STRING", "")).get("file", [""])[0]
    content, style, status = "", "", "200"
    if wish:
        try:
            content, style = highlighted(UPLOADS + wish)
            content = f"<h2>{html.escape(wish)}</h2>{content}"
        except OSError as error:
            status = "403" if isinstance(error, PermissionError) else "404"
            content = f'<p class="refused">{html.escape(str(error))}</p>'
    files = "".join(f'<li><a href="?file={quote(name)}">{html.escape(name)}</a>'
                    for name in sorted(os.listdir(UPLOADS)))
    print(f"Status: {status}\nContent-Type: text/html; charset=utf-8\n")
    print(PAGE.format(style=style, files=files or "<li>None yet.", content=content))


main()
