# What programs of the web do, in Python: ?do=form, upload, redirect, session, bytes, body.
import cgi
import hashlib
import os
import sys

do = os.environ["QUERY_STRING"].partition("=")[2]


def say(body, *headers):
    for header in headers or ("Content-Type: text/plain",):
        print(header)
    print(flush=True)
    sys.stdout.buffer.write(body if isinstance(body, bytes) else body.encode())
    sys.stdout.flush()


if do == "form":
    say("form " + cgi.FieldStorage().getfirst("name"))
elif do == "upload":
    field = cgi.FieldStorage()["file"]
    data = field.file.read()
    say(f"{field.filename} {len(data)} {hashlib.sha1(data).hexdigest()}")
elif do == "redirect":
    say("moved", "Status: 302 Found", "Location: /there?x=1")
elif do == "session":
    name = "/tmp/" + os.environ.get("HTTP_COOKIE", "session=first.py").partition("=")[2]
    count = 1 + (int(open(name).read()) if os.path.exists(name) else 0)
    with open(name, "w") as file:
        file.write(str(count))
    say(f"count {count}", "Content-Type: text/plain", "Set-Cookie: session=py")
elif do == "bytes":
    say(bytes(range(256)) * 1024, "Content-Type: application/octet-stream")
elif do == "body":
    say(hashlib.sha1(sys.stdin.buffer.read()).hexdigest())
