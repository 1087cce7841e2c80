/* Takes all there is: fds, levels of directories, names in listings; and goes on from there. */
#include "attack.h"

int main(int argc, char **argv)
{
    static char path[300 * 2 + 1];
    const char *name;
    size_t used;
    uint64_t stat[8];
    int opened = 0, error, depth;

    begin(argc, argv);
    /* Two of these run at once: each in a directory of its own. */
    uint32_t own;
    random_get(&own, sizeof own);
    name = numbered("x", own);
    path_create_directory(TOP, name, strlen(name));
    int dir = open_dir(TOP, name);

    /* Until EMFILE, which must not make the file. */
    for (int i = 0; i < 100000; i++) {
        name = numbered("f", i);
        error = open_at(dir, name, CREAT, READ | WRITE);
        if (error < 0) break;
        opened++;
    }
    must(error == -MFILE, "path_open", "ends with EMFILE");
    must(opened < 200, "path_open", "opens less than 200");
    must(path_filestat_get(dir, 0, name, strlen(name), stat) == NOENT, "path_open", "made a file");
    must(open_at(TOP, "mine", 0, READ) == -MFILE, "path_open", "EMFILE again");
    for (int i = 0; i < 100; i++) must_fail(fd_renumber(TOP + 2 + i, 4000 + i), "fd_renumber", "far");
    for (int fd = dir + 1; fd < 300; fd++) fd_close(fd);

    /* Deeper than any path may go, by renaming one below the other. */
    for (depth = 0; depth < 300; depth++) memcpy(path + 2 * depth, "n/", 2);
    path[600] = '\0';
    int at = dir;
    for (depth = 0; depth < 300; depth++) {
        if (path_create_directory(at, "n", 1) != 0) break;
        int next = open_dir(at, "n");
        if (at != dir) fd_close(at);
        if (next < 0) break;
        at = next;
    }
    must(depth > 100, "path_create_directory", "100 levels by one fd");
    for (size_t length = 2; length <= 600; length += 2) {
        error = path_filestat_get(dir, 0, path, length, stat);
        must(length > 256 ? error != 0 : error == 0, "path_filestat_get", "levels");
    }
    for (size_t length = 2; length <= 600; length += 100) {
        path_rename(dir, path, length, dir, "m", 1);
        path_rename(dir, "m", 1, dir, path, length);
        path_link(dir, 0, path, length, dir, path, length - 2);
    }
    /* A listing at the bottom, and `..` from there. */
    static char listing[4096];
    must(fd_readdir(at, listing, sizeof listing, 0, &used) == 0, "fd_readdir", "at the bottom");
    try_name(at, "../../outside/secret");

    /* Listings of all that is open. */
    for (int i = 0; i < 200; i++) {
        int one = open_dir(dir, ".");
        if (one < 0) break;
        fd_readdir(one, listing, sizeof listing, 0, &used);
    }
    return report();
}
