/* Times, sizes and offsets at the ends of their ranges. */
#include "attack.h"

int main(int argc, char **argv)
{
    static const uint64_t values[] = {
        0, 1, 999, 1000, UINT32_MAX, UINT64_C(1) << 32, (UINT64_C(1) << 53) - 1, UINT64_C(1) << 53,
        (UINT64_C(1) << 63) - 1, UINT64_C(1) << 63, UINT64_MAX - 1, UINT64_MAX,
        UINT64_C(253402300800) * 1000000000,
    };
    size_t size, n = sizeof values / sizeof *values;
    struct iovec_t iov = { "x", 1 };
    char byte;
    struct iovec_t into = { &byte, 1 };
    uint64_t stat[8];

    begin(argc, argv);
    int fd = open_at(TOP, "times", CREAT, ALL & ~RIGHT(14));
    must(fd >= 0, "path_open", "times");
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            for (int flags = 0; flags < 17; flags++) {
                fd_filestat_set_times(fd, values[i], values[j], flags);
                path_filestat_set_times(TOP, flags & 1, "times", 5, values[i], values[j], flags);
            }
            fd_advise(fd, values[i], values[j], (int)j);
            int error = fd_allocate(fd, values[i], values[j]);
            fd_filestat_get(fd, stat);
            must(error != 0 || stat[4] <= UINT64_C(64) << 20, "fd_allocate", "beyond the limit");
        }
        for (int whence = -1; whence < 5; whence++) fd_seek(fd, (int64_t)values[i], whence, &size);
        fd_write(fd, &iov, 1, &size);
        fd_pwrite(fd, &iov, 1, values[i], &size);
        fd_pread(fd, &into, 1, values[i], &size);
        int error = fd_filestat_set_size(fd, values[i]);
        must(error != 0 || values[i] <= UINT64_C(64) << 20, "fd_filestat_set_size", "beyond the limit");
    }
    fd_filestat_get(fd, stat);
    must(stat[4] <= UINT64_C(64) << 20, "file", "beyond the limit");
    path_unlink_file(TOP, "times", 5);
    return report();
}
