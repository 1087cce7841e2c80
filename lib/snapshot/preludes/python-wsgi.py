"""Runs a WSGI application from a snapshot: python-wsgi.py [--warm PATH]... MODULE:NAME

MODULE is a module on PYTHONPATH, or the path of a .py file; NAME is the application in it, or a
function without arguments, written NAME(), that makes it. With --warm the application has answered a
GET of PATH before the snapshot is taken, and the answer is thrown away: what it loads at its first
request is loaded then, and what it keeps of it is kept, for all.
"""

import importlib
import os
import sys
from io import BytesIO
from wsgiref.handlers import CGIHandler
from wsgiref.util import setup_testing_defaults

from wasm_fcgi import _OWN, request, run

_OWN.add(__file__)


def main():
    paths, target = arguments(sys.argv[1:])
    del sys.path[0]
    application = load(*target.rpartition(":")[::2])
    for path in paths:
        warm(application, path)
    request()
    run(lambda: CGIHandler().run(application))


def arguments(words):
    paths = []
    while len(words) > 1 and words[0] == "--warm":
        paths.append(words[1])
        words = words[2:]
    if len(words) != 1 or ":" not in words[0]:
        sys.exit("python-wsgi.py takes [--warm PATH]... MODULE:NAME")
    return paths, words[0]


def load(module, name):
    if module.endswith(".py"):
        sys.path.insert(0, os.path.dirname(module) or ".")
        module = os.path.basename(module)[:-3]
    made = name.endswith("()")
    found = getattr(importlib.import_module(module), name[:-2] if made else name)
    return found() if made else found


def warm(application, path):
    where, _, query = path.partition("?")
    environ = {"PATH_INFO": where, "QUERY_STRING": query, "wsgi.input": BytesIO()}
    setup_testing_defaults(environ)
    answer = application(environ, lambda status, headers, exc_info=None: lambda data: None)
    try:
        for _ in answer:
            pass
    finally:
        if hasattr(answer, "close"):
            answer.close()


main()
