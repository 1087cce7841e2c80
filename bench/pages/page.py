#!/usr/bin/python3 -B
# A page with json, re and html: what small Python pages import.
import html
import json
import re

rows = json.loads('[{"name": "<one>", "n": 1}, {"name": "two & three", "n": 23}]') * 50
words = re.compile(r"\w+")
lines = [
    f"<li>{html.escape(row['name'])}: {row['n']}, {len(words.findall(row['name']))} words</li>"
    for row in rows
]
body = "<!doctype html>\n<title>Page</title>\n<ul>\n" + "\n".join(lines) + "\n</ul>"
print("Content-Type: text/html; charset=utf-8\n")
print(body)
