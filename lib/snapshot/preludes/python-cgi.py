"""Runs a CGI script, unchanged, from a snapshot: python-cgi.py SCRIPT [ARGUMENT...]

Before the request the script is compiled, and the modules are imported that it imports in the lines of
its outermost level. What is loaded further in is loaded in each request.
"""

import _ast
import os
import sys
import types

from wasm_fcgi import _OWN, request, run

_OWN.add(__file__)


def main():
    script = sys.argv[1] if len(sys.argv) > 1 else sys.exit("python-cgi.py needs the path of a script")
    sys.argv = sys.argv[1:]
    sys.path[0] = os.path.dirname(script)
    with open(script, "rb") as file:
        source = file.read()
    preload(compile(source, script, "exec", _ast.PyCF_ONLY_AST, dont_inherit=True))
    code = compile(source, script, "exec", dont_inherit=True)
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=script, __builtins__=__builtins__)
    sys.modules["__main__"] = module
    request()
    run(lambda: exec(code, module.__dict__))


def preload(tree):
    for node in tree.body:
        if isinstance(node, _ast.Import):
            for name in node.names:
                attempt(name.name)
        elif isinstance(node, _ast.ImportFrom) and node.level == 0:
            attempt(node.module, [name.name for name in node.names])


def attempt(name, within=()):
    """What fails here fails again where the script imports it, and is told there."""
    try:
        __import__(name, fromlist=within)
    except Exception:
        sys.modules.pop(name, None)


main()
