/* Makes symlinks. With HOW=allowed the server lets it; what it makes must not lead out all the same.
 * Without, no call may succeed. */
#include "attack.h"

static const char *const TARGETS[] = {
    "..", ".", "../outside", "../outside/secret", "../outside/new", "/", "/etc", "/etc/passwd", "self",
    "mine", "d", "d/../..", "/proc/self/fd", "/proc/self/root", "p", "p/p/../../outside", "\xff", "a\nb",
    "../../../../../../../../etc/passwd", "d/..//../outside", "", "deep/up", "to-dir/..",
};
static const char *const WAYS[] = {
    "made", "made/", "made/secret", "made/new", "made/outside/secret", "made/../x", "made/..", "d/made",
    "d/made/secret", "d/made/../secret", "made/d/secret", "deep/../made/outside/new",
};

int main(int argc, char **argv)
{
    int allowed = strcmp(getenv("HOW"), "allowed") == 0;

    int count = 0;

    begin(argc, argv);
    for (int round = 0; round < rounds; round++) {
        for (size_t i = 0; i < sizeof TARGETS / sizeof *TARGETS; i++) {
            const char *text = TARGETS[i];
            int made = path_symlink(text, strlen(text), TOP, "made", 4);

            path_symlink(text, strlen(text), TOP, "d/made", 6);
            must(made != 0 || (allowed && text[0] != '/'), "path_symlink", text);
            must(path_symlink(text, strlen(text), TOP, "../made", 7) != 0, "path_symlink at", "../made");
            must(path_symlink(text, strlen(text), TOP, "to-dir/made", 11) != 0, "path_symlink at", "to-dir");
            count += made == 0;
            for (size_t w = 0; made == 0 && w < sizeof WAYS / sizeof *WAYS; w++) {
                poke(TOP, WAYS[w], strlen(WAYS[w]));
            }
            /* Moved to where its text means something else. */
            path_rename(TOP, "d/made", 6, TOP, "made2", 5);
            if (made == 0) poke(TOP, "made2/secret", 12);
            poke(TOP, "d/made", 6);
            path_unlink_file(TOP, "made", 4);
            path_unlink_file(TOP, "made2", 5);
            path_unlink_file(TOP, "d/made", 6);
        }
        /* p -> . made by the guest, then p/p/../../: textual hosts count the names. */
        path_symlink(".", 1, TOP, "p", 1);
        try_name(TOP, "p/p/p/../../../outside/secret");
        try_name(TOP, "p/../outside/secret");
        try_name(TOP, "p/p/../../../outside/new");
        path_unlink_file(TOP, "p", 1);
    }
    say(numbered("made ", count));
    say("\n");
    return report();
}
