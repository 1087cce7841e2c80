#!/usr/bin/python3 -B
# The application as a CGI script, by what Python brings for that.
from wsgiref.handlers import CGIHandler

from shop import app

CGIHandler().run(app)
