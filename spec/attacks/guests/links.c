/* Symlinks that are there: to files and directories outside, chains, loops, dangling, magic ones. */
#include "attack.h"

/* The way leads through a symlink: nothing may succeed. */
static const char *const THROUGH_LINKS[] = {
    "to-dir/secret", "to-dir/other", "to-dir/new", "to-dir/", "to-dir/.", "to-dir/..",
    "to-dir/../secret", "to-tree/outside/secret", "to-tree/inside/mine", "absolute/passwd",
    "absolute/", "absolute-dir/secret", "absolute-dir/d/secret", "absolute-dir/../outside/secret",
    "to-file/", "to-file/x", "chain/", "loop/x", "loop/", "loop-a/x", "dangling/x", "dangling/",
    "deep/up/secret", "deep/up/d/secret", "deep/deeper/up/secret", "deep/up/", "up-and-down/secret",
    "proc-fd/0", "proc-fd/3", "proc-fd/", "proc-root/etc/passwd", "proc-cwd/", "proc-self/environ",
    "d/../to-dir/secret", "dot/to-dir/secret", "dot/dot/dot/../outside/secret", "dots/outside/secret",
    "to-dir/../to-dir/secret", "to-own/../to-dir/secret", "to-own/../../outside/secret",
};

/* The last component is one: what follows it must fail; the link itself may be looked at. */
static const char *const LINKS[] = {
    "to-file", "to-dir", "to-tree", "absolute", "absolute-dir", "absolute-file", "chain", "chain-2",
    "loop", "loop-a", "loop-b", "dangling", "deep/up", "deep/deeper/up", "dots", "proc-fd", "proc-root",
    "proc-cwd", "proc-self", "proc-exe", "dev-null", "up-and-down", "to-own/../to-file",
};

static void follow(const char *name)
{
    static const int flags[] = { 0, CREAT, CREAT | EXCL, TRUNC, DIRECTORY, CREAT | TRUNC };
    size_t length = strlen(name);
    uint64_t stat[8];
    int opened;

    for (size_t f = 0; f < sizeof flags / sizeof *flags; f++) {
        for (int lookup = 0; lookup <= FOLLOW; lookup++) {
            must_fail(path_open(TOP, lookup, name, length, flags[f], READ, ALL, 0, &opened),
                      "path_open", name);
            must_fail(path_open(TOP, lookup, name, length, flags[f], WRITE, ALL, 0, &opened),
                      "path_open for writing", name);
            must_fail(path_open(TOP, lookup, name, length, flags[f], AS_DIRECTORY, ALL, 0, &opened),
                      "path_open as directory", name);
        }
    }
    must_fail(path_filestat_get(TOP, FOLLOW, name, length, stat), "path_filestat_get", name);
    must_fail(path_filestat_set_times(TOP, FOLLOW, name, length, 0, 0, 5), "set_times", name);
    must_fail(path_link(TOP, FOLLOW, name, length, TOP, "linked", 6), "path_link", name);
    must_fail(path_create_directory(TOP, name, length), "path_create_directory", name);
    must_fail(path_remove_directory(TOP, name, length), "path_remove_directory", name);
    must_fail(path_link(TOP, 0, "mine", 4, TOP, name, length), "path_link to", name);
    if (path_filestat_get(TOP, 0, name, length, stat) == 0) {
        must(!is_outside(stat[1]), "path_filestat_get without following", name);
    }
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    for (int round = 0; round < rounds; round++) {
        for (size_t i = 0; i < sizeof THROUGH_LINKS / sizeof *THROUGH_LINKS; i++) {
            try_name(TOP, THROUGH_LINKS[i]);
        }
        for (size_t i = 0; i < sizeof LINKS / sizeof *LINKS; i++) follow(LINKS[i]);
        /* What stays inside works. */
        must(open_at(TOP, "to-mine", 0, READ) >= 0, "must open", "to-mine");
        must(open_at(TOP, "to-own/file", 0, READ) >= 0, "must open", "to-own/file");
        for (int fd = 4; fd < 20; fd++) fd_close(fd);
    }
    return report();
}
