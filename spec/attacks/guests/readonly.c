/* A directory that is granted twice: first read-only, then (SECOND) for writing. What goes through
 * the first must change nothing, whatever the second has made of the tree. */
#include "attack.h"

/* Everything that changes anything, through directory `fd`: each must be EROFS or fail otherwise. */
static void change(int fd, const char *file, const char *dir, const char *fresh)
{
    size_t f = strlen(file), d = strlen(dir), n = strlen(fresh);
    struct iovec_t iov = { "x", 1 };
    size_t size;
    int opened;

    for (int lookup = 0; lookup <= FOLLOW; lookup++) {
        for (int flags = 0; flags < 16; flags++) {
            for (int bit = 0; bit < 30; bit++) {
                uint64_t rights = RIGHT(bit) | READ;
                int error = path_open(fd, lookup, file, f, flags, rights, ALL, flags & 1, &opened);

                must((flags & (CREAT | TRUNC)) == 0 || error != 0, "path_open", file);
                if (error != 0) continue;
                must_fail(fd_write(opened, &iov, 1, &size), "fd_write", file);
                must_fail(fd_pwrite(opened, &iov, 1, 0, &size), "fd_pwrite", file);
                must_fail(fd_filestat_set_size(opened, 0), "fd_filestat_set_size", file);
                must_fail(fd_filestat_set_times(opened, 0, 0, 5), "fd_filestat_set_times", file);
                must_fail(fd_allocate(opened, 0, 99), "fd_allocate", file);
                fd_close(opened);
            }
        }
        must_fail(path_open(fd, lookup, fresh, n, CREAT, READ, ALL, 0, &opened), "path_open", fresh);
        must_fail(path_filestat_set_times(fd, lookup, file, f, 0, 0, 5), "set_times", file);
        must_fail(path_filestat_set_times(fd, lookup, dir, d, 0, 0, 5), "set_times", dir);
        must_fail(path_link(fd, lookup, file, f, fd, fresh, n), "path_link", file);
        must_fail(path_link(fd, lookup, file, f, SECOND, "fresh", 5), "path_link out", file);
        must_fail(path_link(SECOND, lookup, "mine", 4, fd, fresh, n), "path_link in", fresh);
    }
    must_fail(path_create_directory(fd, fresh, n), "path_create_directory", fresh);
    must_fail(path_remove_directory(fd, dir, d), "path_remove_directory", dir);
    must_fail(path_unlink_file(fd, file, f), "path_unlink_file", file);
    must_fail(path_rename(fd, file, f, fd, fresh, n), "path_rename", file);
    must_fail(path_rename(fd, dir, d, fd, fresh, n), "path_rename", dir);
    must_fail(path_rename(fd, file, f, SECOND, "fresh", 5), "path_rename out", file);
    must_fail(path_rename(SECOND, "mine", 4, fd, fresh, n), "path_rename in", fresh);
    must_fail(path_symlink("mine", 4, fd, fresh, n), "path_symlink", fresh);
    must_fail(fd_filestat_set_times(fd, 0, 0, 5), "fd_filestat_set_times", "directory");
    must_fail(fd_allocate(fd, 0, 1), "fd_allocate", "directory");
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    change(TOP, "mine", "d", "new");
    change(TOP, "d/secret", "deep/deeper", "d/new");
    change(TOP, "to-mine", "to-own", "to-own/new");
    change(TOP, "to-own/file", "deep/to-top/d", "deep/to-top/new");
    change(TOP, ".", "..", "./new");
    int deep = open_dir(TOP, "deep");
    change(deep, "file", "deeper", "new");
    int deeper = open_dir(deep, "deeper");
    change(deeper, "file", ".", "new");
    int own = open_dir(TOP, "to-own");
    change(own, "file", ".", "new");
    fd_close(own);
    /* Moved by the writable preopen while it is open: still read-only. */
    path_rename(SECOND, "deep", 4, SECOND, "moved", 5);
    change(deep, "file", "deeper", "new");
    change(TOP, "moved/file", "moved/deeper", "moved/new");
    path_rename(SECOND, "moved", 5, SECOND, "deep", 4);
    /* A file opened for writing through the second does not open the first. */
    int file = open_at(SECOND, "mine", 0, READ | WRITE);
    change(TOP, "mine", "d", "new");
    must(write_to(file, "inside\n") == 0, "fd_write", "the writable preopen writes");
    return report();
}
