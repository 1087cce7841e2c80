#!/bin/sh
# What a user would write to have the command line program answer over CGI.
printf 'Content-Type: text/plain\n\n'
exec sqlite3 "$DATABASE" < "$(dirname "$0")/query.sql"
