/* Makes symlinks, which a guest must not unless it is allowed; what it makes must not lead out. */
#include "attack.h"

static const char *const TARGETS[] = {
    "..", ".", "../outside", "../outside/secret", "../outside/new", "/", "/etc", "/etc/passwd", "self",
    "mine", "d", "d/../..", "/proc/self/fd", "/proc/self/root", "p", "p/p/../../outside", "\xff", "a\nb",
};

int main(int argc, char **argv)
{
    static const char *const ways[] = { "l", "l/", "l/secret", "l/new", "l/outside/secret", "l/../x" };

    begin(argc, argv);
    for (int round = 0; round < rounds; round++) {
        for (size_t i = 0; i < sizeof TARGETS / sizeof *TARGETS; i++) {
            must_fail(path_symlink(TARGETS[i], strlen(TARGETS[i]), TOP, "made", 4), "path_symlink",
                      TARGETS[i]);
            must_fail(path_symlink(TARGETS[i], strlen(TARGETS[i]), TOP, "d/made", 6), "path_symlink",
                      TARGETS[i]);
            must(open_at(TOP, "made", 0, READ) < 0, "path_open", TARGETS[i]);
        }
        /* p -> . made by the guest, then p/p/../../: textual hosts count the names. */
        path_symlink(".", 1, TOP, "p", 1);
        try_name(TOP, "p/p/p/../../../outside/secret");
        try_name(TOP, "p/../outside/secret");
        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
            poke(TOP, ways[i], strlen(ways[i]));
        }
    }
    return report();
}
