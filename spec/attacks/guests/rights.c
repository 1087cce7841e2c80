/* Asks for more than was granted: rights beyond the parent's, rights given up, the second preopen's. */
#include "attack.h"

static void wants(int fd, uint64_t base, uint64_t inheriting)
{
    must_fail(fd_fdstat_set_rights(fd, base, inheriting), "fd_fdstat_set_rights", "more");
}

int main(int argc, char **argv)
{
    struct iovec_t iov = { "x", 1 };
    uint64_t stat[8];
    size_t size;
    int fd, opened;

    begin(argc, argv);
    /* The second preopen is read-only. */
    wants(SECOND, ALL, ALL);
    fd_fdstat_get(SECOND, stat);
    wants(SECOND, stat[1] | RIGHT(9), stat[2]);
    wants(SECOND, stat[1], stat[2] | WRITE);
    for (int bit = 0; bit < 64; bit++) {
        int error = path_open(SECOND, 0, "file", 4, 0, RIGHT(bit), RIGHT(bit), 0, &opened);

        if (error != 0) continue;
        must_fail(fd_write(opened, &iov, 1, &size), "fd_write", "read-only");
        must_fail(fd_pwrite(opened, &iov, 1, 0, &size), "fd_pwrite", "read-only");
        must_fail(fd_filestat_set_size(opened, 0), "fd_filestat_set_size", "read-only");
        must_fail(fd_filestat_set_times(opened, 0, 0, 5), "fd_filestat_set_times", "read-only");
        must_fail(fd_allocate(opened, 0, 100), "fd_allocate", "read-only");
        wants(opened, ALL, 0);
        fd_close(opened);
    }
    /* Appending and the like are flags of an open file; they must not open it for writing. */
    fd = open_at(SECOND, "file", 0, READ | RIGHT(3));
    for (int flags = 0; flags < 32; flags++) {
        fd_fdstat_set_flags(fd, flags);
        must_fail(fd_write(fd, &iov, 1, &size), "fd_write", "after fd_fdstat_set_flags");
    }
    fd_close(fd);

    /* What a directory was not given it does not pass on. */
    must(path_open(TOP, 0, "d", 1, DIRECTORY, RIGHT(13), READ, 0, &fd) == 0, "path_open", "d");
    must_fail(path_open(fd, 0, "secret", 6, 0, READ | WRITE, ALL, 0, &opened), "path_open", "writing");
    must_fail(path_open(fd, 0, "new", 3, CREAT, READ, ALL, 0, &opened), "path_open", "creating");
    must_fail(path_open(fd, 0, "secret", 6, TRUNC, READ, ALL, 0, &opened), "path_open", "truncating");
    must_fail(path_create_directory(fd, "n", 1), "path_create_directory", "without the right");
    must_fail(path_unlink_file(fd, "secret", 6), "path_unlink_file", "without the right");
    must_fail(path_rename(fd, "secret", 6, TOP, "s", 1), "path_rename", "without the right");
    must_fail(path_rename(TOP, "mine", 4, fd, "s", 1), "path_rename to", "without the right");
    must_fail(path_link(fd, 0, "secret", 6, TOP, "s", 1), "path_link", "without the right");
    must_fail(path_link(TOP, 0, "mine", 4, fd, "s", 1), "path_link to", "without the right");
    must_fail(path_filestat_set_times(fd, 0, "secret", 6, 0, 0, 5), "set_times", "without the right");
    wants(fd, ALL, ALL);
    must(path_open(fd, 0, ".", 1, DIRECTORY, ALL & ~(WRITE | ALLOCATE | SET_SIZE), ALL, 0, &opened) != 0 ||
         path_open(opened, 0, "secret", 6, 0, WRITE, 0, 0, &opened) != 0, "path_open", "through .");

    /* Given up is given up, also under another number. */
    fd_fdstat_set_rights(fd, 0, 0);
    wants(fd, RIGHT(13), 0);
    int spare = open_at(TOP, "mine", 0, READ);
    must(fd_renumber(fd, spare) == 0, "fd_renumber", "onto another");
    wants(spare, RIGHT(13), READ);
    must_fail(path_open(spare, 0, "secret", 6, 0, READ, 0, 0, &opened), "path_open", "given up");
    /* The read-only preopen under the number of the writable one is read-only. */
    must(fd_renumber(SECOND, TOP) == 0, "fd_renumber", "onto a preopen");
    must(path_open(TOP, 0, "file", 4, 0, WRITE, ALL, 0, &opened) == ROFS, "path_open", "renumbered");
    must(path_create_directory(TOP, "n", 1) == ROFS, "path_create_directory", "renumbered");
    return report();
}
