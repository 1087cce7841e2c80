/* iovec arrays that wrap, overlap, overwrite themselves while they are in use, or ask for too much. */
#include "attack.h"

int main(int argc, char **argv)
{
    static struct iovec_t iov[2048];
    static char page[65536];
    size_t size;
    size_t end = __builtin_wasm_memory_size(0) * 65536;
    int file = -1;

    begin(argc, argv);
    /* Two of these run at once: each with a file of its own. */
    uint32_t own;
    random_get(&own, sizeof own);
    const char *name = numbered("vectors", own);
    file = open_at(TOP, name, CREAT, READ | WRITE | SET_SIZE);
    memset(page, 1, sizeof page);
    write_to(file, "0123456789");
    static const size_t counts[] = { 1025, 2048, 0x20000000, 0x1fffffff, 0x40000000, 0x7fffffff,
                                     0x80000000, 0xffffffff };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        must_fail(fd_write(1, iov, counts[i], &size), "fd_write", "count");
        must_fail(fd_read(0, iov, counts[i], &size), "fd_read", "count");
        must_fail(fd_pread(file, iov, counts[i], 0, &size), "fd_pread", "count");
        must_fail(fd_pwrite(file, iov, counts[i], 0, &size), "fd_pwrite", "count");
        must_fail(poll_oneoff(iov, page, counts[i], &size), "poll_oneoff", "count");
    }
    static const struct iovec_t bad[] = {
        { (void *)0, 0xffffffff }, { (void *)0xffffffff, 1 }, { (void *)0xfffffff0, 0x20 },
        { (void *)0x80000000, 0x80000000 }, { (void *)4, 0xfffffffe },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        for (int first = 0; first < 2; first++) {
            iov[0] = (struct iovec_t){ page, 1 };
            iov[first] = bad[i];
            must_fail(fd_write(1, iov, first + 1, &size), "fd_write", "a buffer beyond the end");
            must_fail(fd_pread(file, iov, first + 1, 0, &size), "fd_pread", "a buffer beyond the end");
        }
    }
    iov[0] = (struct iovec_t){ (void *)(end - 1), 2 };
    must_fail(fd_write(1, iov, 1, &size), "fd_write", "one byte beyond the end");
    must_fail(fd_write(1, (void *)(end - 4), 1, &size), "fd_write", "an iovec beyond the end");
    /* 1,024 times all of memory: more than any call may take, cut and not summed beyond. */
    for (int i = 0; i < 1024; i++) iov[i] = (struct iovec_t){ (void *)0, end };
    int error = fd_pwrite(file, iov, 1024, 0, &size);
    must(error != 0 || size <= 0x7ffff000, "fd_pwrite", "1,024 times all of memory");
    must_fail(path_open(TOP, FOLLOW, page, 65536, 0, READ, ALL, 0, &size), "path_open", "a page");
    fd_filestat_set_size(file, 0);
    /* A read whose first buffer is the array itself, and one whose buffers are the same bytes. */
    fd_pwrite(file, &(struct iovec_t){ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16 },
              1, 0, &size);
    iov[0] = (struct iovec_t){ iov, 16 };
    iov[1] = (struct iovec_t){ page, 16 };
    fd_pread(file, iov, 2, 0, &size);
    must(page[0] == 1, "fd_pread", "into its own iovecs");
    iov[0] = (struct iovec_t){ &size, 4 };
    must(fd_pread(file, iov, 1, 0, &size) == 0 && size == 4, "fd_pread", "into its own size");
    path_unlink_file(TOP, name, strlen(name));
    return report();
}
