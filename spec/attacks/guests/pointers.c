/* Every call with pointers and lengths that lead out of memory, wrap, or touch its last byte. */
#include "attack.h"

static char *end;

int main(int argc, char **argv)
{
    struct iovec_t iov = { "x", 1 };
    size_t size;
    int file;

    begin(argc, argv);
    end = (char *)(__builtin_wasm_memory_size(0) * 65536);
    file = open_at(TOP, "pointers", CREAT, ALL);
    char *const bad[] = { end, end - 1, end - 3, end + 1, end + 65536, (char *)0x7fffffff,
                          (char *)0x80000000, (char *)0xfffffffc, (char *)0xffffffff };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *p = bad[i];

        must_fail(fd_read(0, p, 1, &size), "fd_read", "iovecs");
        must_fail(fd_read(file, &iov, 0, p), "fd_read", "size");
        must_fail(fd_write(1, p, 1, &size), "fd_write", "iovecs");
        must_fail(fd_write(1, &iov, 1, p), "fd_write", "size");
        must_fail(fd_pread(file, p, 1, 0, &size), "fd_pread", "iovecs");
        must_fail(fd_pwrite(file, &iov, 1, 0, p), "fd_pwrite", "size");
        must_fail(fd_seek(file, 0, 0, p), "fd_seek", "position");
        must_fail(fd_fdstat_get(file, p), "fd_fdstat_get", "stat");
        must_fail(fd_filestat_get(file, p), "fd_filestat_get", "stat");
        must_fail(fd_prestat_get(TOP, p), "fd_prestat_get", "prestat");
        must_fail(fd_prestat_dir_name(TOP, p, 64), "fd_prestat_dir_name", "name");
        must_fail(fd_readdir(TOP, p, 64, 0, &size), "fd_readdir", "buffer");
        must_fail(fd_readdir(TOP, &size, 0, 0, p), "fd_readdir", "used");
        must_fail(path_open(TOP, 0, p, 5, CREAT, ALL, ALL, 0, &size), "path_open", "path");
        must_fail(path_open(TOP, 0, "never", 5, CREAT, ALL, ALL, 0, p), "path_open", "opened");
        must_fail(path_filestat_get(TOP, 0, "mine", 4, p), "path_filestat_get", "stat");
        must_fail(path_filestat_get(TOP, 0, p, 5, end - 64), "path_filestat_get", "path");
        must_fail(path_readlink(TOP, "to-mine", 7, p, 64, &size), "path_readlink", "buffer");
        must_fail(path_readlink(TOP, "to-mine", 7, &size, 0, p), "path_readlink", "used");
        must_fail(path_rename(TOP, "mine", 4, TOP, p, 5), "path_rename", "new path");
        must_fail(path_link(TOP, 0, "mine", 4, TOP, p, 5), "path_link", "new path");
        must_fail(path_create_directory(TOP, p, 5), "path_create_directory", "path");
        must_fail(poll_oneoff(p, &size, 1, &size), "poll_oneoff", "subscriptions");
        must_fail(poll_oneoff(end - 4096, p, 1, &size), "poll_oneoff", "events");
        must_fail(random_get(p, 64), "random_get", "bytes");
        must_fail(path_symlink(p, 5, TOP, "x", 1), "path_symlink", "text");
    }
    must_fail(random_get((char *)0, SIZE_MAX), "random_get", "more than there is");
    must_fail(path_open(TOP, 0, "x", SIZE_MAX, 0, READ, ALL, 0, &size), "path_open", "length");
    must(open_at(TOP, "never", 0, READ) == -NOENT, "path_open", "made what it did not return");
    must(open_at(TOP, "mine", 0, READ) > 0, "path_rename", "moved what it did not name");
    path_unlink_file(TOP, "pointers", 8);
    return report();
}
