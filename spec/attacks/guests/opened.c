/* What was opened before the request: names of it that others exchange, rights that were given up, numbers that
 * were changed. A snapshot opens it again for each run: nothing else than it was, and no more rights. */
#include "attack.h"

static int file, top_file, directory, deep, narrow, second;

static void open_all(void)
{
    file = open_at(TOP, "d/secret", 0, READ | RIGHT(2));
    top_file = open_at(TOP, "mine", 0, READ | RIGHT(2));
    directory = open_dir(TOP, "d");
    deep = open_dir(TOP, "deep/deeper");
    narrow = open_dir(TOP, "own");
    fd_fdstat_set_rights(narrow, RIGHT(13), READ);
    second = open_dir(TOP, "deep");
    /* The second preopen is read-only; from here on it has another number. */
    fd_renumber(SECOND, second);
}

int main(int argc, char **argv)
{
    struct iovec_t iov = { "x", 1 };
    uint64_t stat[8];
    size_t size;
    int opened;

    open_all();
    begin(argc, argv);
    for (int round = 0; round < rounds; round++) {
        must(fd_write(file, &iov, 1, &size) != 0, "fd_write", "d/secret, opened for reading");
        must(fd_fdstat_set_rights(top_file, READ | WRITE, 0) != 0, "fd_fdstat_set_rights", "mine");
        must(fd_filestat_get(top_file, stat) != 0 || !is_outside(stat[1]), "fd_filestat_get", "mine");
        if (directory >= 0) {
            must(fd_filestat_get(directory, stat) != 0 || !is_outside(stat[1]), "fd_filestat_get", "d");
            must_be_inside(open_at(directory, "secret", 0, READ), "path_open", "d/secret");
            try_name(directory, "../outside/secret");
            try_name(directory, "/etc/passwd");
        }
        try_name(deep, "../../../outside/secret");
        try_name(deep, "up/secret");
        must(fd_fdstat_set_rights(narrow, ALL, ALL) != 0, "fd_fdstat_set_rights", "own");
        must(path_open(narrow, 0, "file", 4, 0, WRITE, 0, 0, &opened) != 0, "path_open", "own/file");
        must(path_open(narrow, 0, "new", 3, CREAT, READ, 0, 0, &opened) != 0, "path_open", "own/new");
        must(path_unlink_file(narrow, "file", 4) != 0, "path_unlink_file", "own/file");
        must(path_create_directory(second, "new", 3) == ROFS, "path_create_directory", "ro");
        must(path_unlink_file(second, "file", 4) == ROFS, "path_unlink_file", "ro");
        must(path_open(second, 0, "file", 4, 0, WRITE, 0, 0, &opened) == ROFS, "path_open", "ro");
        must(path_open(SECOND, 0, "file", 4, 0, READ, 0, 0, &opened) == BADF, "path_open", "moved");
        for (int fd = second + 1; fd < 40; fd++) must(fd_fdstat_get(fd, stat) == BADF, "fd", "more");
    }
    must_be_inside(file, "fd_pread", "d/secret");
    must_be_inside(top_file, "fd_pread", "mine");
    return report();
}
