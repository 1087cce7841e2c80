/* Descriptors that come again: a directory is closed and another gets its number, at both ends. What
 * the walk held of the first must not serve the second. The second preopen is read-only. */
#include "attack.h"

int main(int argc, char **argv)
{
    uint64_t first[8], second[8];
    int opened;

    begin(argc, argv);
    for (int round = 0; round < rounds * 50; round++) {
        int a = open_dir(TOP, "deep");
        path_filestat_get(a, 0, "deeper/file", 11, first);
        fd_close(a);
        int b = open_dir(TOP, "own");
        must(path_filestat_get(b, 0, "deeper/file", 11, second) != 0, "path_filestat_get", "stale");
        must(path_filestat_get(b, 0, "deeper/../file", 14, second) != 0, "path_filestat_get", "stale");
        must(open_at(b, "../secret", 0, READ) < 0, "path_open", "stale ..");
        fd_close(b);
        /* Renumbered: what is behind the number counts, not the number. */
        int c = open_dir(TOP, "deep/deeper");
        int e = open_dir(SECOND, ".");
        must(fd_renumber(e, c) == 0, "fd_renumber", "one directory onto another");
        must(path_open(c, 0, "new", 3, CREAT, READ, ALL, 0, &opened) == ROFS, "path_open", "ro");
        must(path_unlink_file(c, "file", 4) == ROFS, "path_unlink_file", "ro");
        fd_close(c);
        must(path_open(c, 0, "file", 4, 0, READ, ALL, 0, &opened) == BADF, "path_open", "closed");
        /* From a subdirectory and from its parent in turn, the same names. */
        int f = open_dir(TOP, "deep/deeper");
        must(path_filestat_get(f, 0, "deeper/file", 11, second) != 0, "path_filestat_get", "other base");
        must(path_filestat_get(TOP, 0, "deep/deeper/file", 16, second) == 0, "path_filestat_get", "own");
        must_fail(path_filestat_get(f, 0, "../file", 7, second), "path_filestat_get", "..");
        fd_close(f);
    }
    return report();
}
