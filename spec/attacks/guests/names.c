/* Names that lead out by themselves: `..`, absolute ones, and spellings that other hosts fell for. */
#include "attack.h"

static const char *const NAMES[] = {
    "..", "../", "../.", "../..", "../secret", "../outside", "../outside/", "../outside/secret",
    "../outside/new", "../outside/d", "../outside/d/secret", "../inside", "../inside/mine",
    "./..", "./../outside/secret", ".//..//outside//secret", "d/../../outside/secret",
    "d/./..//../outside/new", "d/../d/../../outside/secret", "d/e/../../../outside/secret",
    "deep/..//../outside/d/", "d/../..", "d/../../", "none/../../outside/secret",
    "/", "//", "/.", "/..", "/etc/passwd", "//etc/passwd", "/../etc/passwd", "/./etc/passwd",
    "/proc/self/environ", "/proc/self/fd/0", "/proc/self/fd/3/../outside/secret", "/dev/null",
    "/dev/stdin", "/mine", "/sandbox/mine", "/sandbox/../outside/secret", "/tmp",
    "../../../../../../../../../../../../../../../../etc/passwd",
};

int main(int argc, char **argv)
{
    begin(argc, argv);
    for (int round = 0; round < rounds; round++) {
        int below = open_dir(TOP, "d");

        for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
            try_name(TOP, NAMES[i]);
            /* What was opened is a capability of its own: its parent is outside for it. */
            if (below >= 0 && (NAMES[i][0] == '/' || NAMES[i][0] == '.')) try_name(below, NAMES[i]);
        }
        if (below >= 0) fd_close(below);
    }
    return report();
}
