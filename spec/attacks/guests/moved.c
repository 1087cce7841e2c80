/* Moves symlinks to where their text means something else, and directories that are open. */
#include "attack.h"

static void move(const char *from, const char *to)
{
    path_rename(TOP, from, strlen(from), TOP, to, strlen(to));
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    for (int round = 0; round < rounds; round++) {
        /* deep/to-top -> .. stays inside where it is; at the top it leads out. */
        move("deep/to-top", "top");
        try_name(TOP, "top/outside/secret");
        try_name(TOP, "top/inside/mine");
        move("top", "deep/to-top");
        must_be_inside(open_at(TOP, "deep/to-top/mine", 0, READ), "path_open", "deep/to-top/mine");
        path_link(TOP, 0, "deep/to-top", 11, TOP, "hard", 4);
        try_name(TOP, "hard/outside/secret");
        path_unlink_file(TOP, "hard", 4);

        /* A directory with such a symlink in it, moved higher. */
        move("deep/deeper", "higher");
        try_name(TOP, "higher/to-top-2/../outside/secret");
        try_name(TOP, "higher/to-top-2/outside/secret");
        move("higher", "deep/deeper");

        /* A directory that is open, moved; its old name becomes a symlink to the outside. */
        path_create_directory(TOP, "open", 4);
        path_create_directory(TOP, "open/below", 10);
        make(TOP, "open/below/secret");
        int open = open_dir(TOP, "open");
        int below = open_dir(TOP, "open/below");
        move("open", "away");
        move("to-dir", "open");
        poke(open, "secret", 6);
        poke(open, "below/secret", 12);
        try_name(open, "../outside/secret");
        try_name(open, "../open/secret");
        try_name(TOP, "open/secret");
        try_name(below, "../mine");
        /* And its parent swapped below it: `..` of what is held is nobody's business. */
        move("away/below", "below");
        try_name(below, "..");
        try_name(below, "../outside/secret");
        poke(open, "below", 5);
        poke(below, "new", 3);
        fd_close(open);
        fd_close(below);
        move("open", "to-dir");
        path_unlink_file(TOP, "away/below/secret", 17);
        path_unlink_file(TOP, "below/secret", 12);
        path_remove_directory(TOP, "below", 5);
        path_remove_directory(TOP, "away/below", 10);
        path_remove_directory(TOP, "away", 4);

        /* A directory removed while it is open, and one of that name made anew. */
        path_create_directory(TOP, "gone", 4);
        int gone = open_dir(TOP, "gone");
        path_remove_directory(TOP, "gone", 4);
        must(open_at(gone, "x", CREAT, WRITE) < 0, "creation in", "a removed directory");
        try_name(gone, "..");
        try_name(gone, "../outside/secret");
        path_create_directory(TOP, "gone", 4);
        must(open_at(gone, "x", CREAT, WRITE) < 0, "creation in", "a removed directory");
        fd_close(gone);
        path_remove_directory(TOP, "gone", 4);
    }
    return report();
}
