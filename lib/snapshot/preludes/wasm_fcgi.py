"""Snapshots, from the side of a Python program.

    from wasm_fcgi import request, run

    # Import and prepare here what is the same for every request.
    request()
    # page() answers the one request that there is, as a CGI program does.
    run(page)

What is done before request() is done once; every request begins behind it, each in a copy of its own.
So nothing of a request may be looked at before: there is none yet. Where no snapshot is made, the
program runs from its start to its end for each request, and does the same.
"""

import os
import sys
from _functools import partial

REQUEST = "/dev/wasm-fcgi/request"


def request():
    """Waits for the request, and puts its variables into os.environ. To be called once."""
    # Makes the tables of the compiler, which would be made in every request else.
    compile("0", "<wasm-fcgi>", "exec")
    try:
        with open(REQUEST, "rb", buffering=0) as file:
            entries = file.readall().split(b"\0")
    except FileNotFoundError:
        entries = []  # Some other server's CGI: the variables are there.
    # What stood for variables that were not there yet; unsetenv takes no empty name.
    os.environ._data.pop(b"", None)
    for entry in entries:
        name, equals, value = entry.partition(b"=")
        if equals:
            os.environ[os.fsdecode(name)] = os.fsdecode(value)
    _make_random()


def _make_random():
    """What was random once would be the same in all requests. Generators of your own are yours to seed."""
    if "random" in sys.modules:
        sys.modules["random"].seed()
    if "tempfile" in sys.modules:
        sys.modules["tempfile"]._name_sequence = None


def finish(code=0):
    """Ends the program at once: nobody needs the objects to be taken apart."""
    import atexit

    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            code = code or 120  # As Python does.
    os._exit(code)


def run(program):
    """Calls a function as Python runs a script: with its exceptions, its SystemExit and its end."""
    code = 0
    try:
        # By way of C, from which Python begins another main loop: the one that has read the request has
        # had its stack put away, and is slower for it.
        partial(program)()
    except SystemExit as end:
        code = end.code
        if code is None:
            code = 0
        elif not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
    except BaseException as fault:
        trace = fault.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename in _OWN:
            trace = trace.tb_next
        sys.excepthook(type(fault), fault.with_traceback(trace), trace)
        code = 1
    finish(code)


_OWN = {__file__, sys.argv[0]}
