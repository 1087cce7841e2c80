/* Grows its memory between any two calls, to the cap, and uses the new pages at once. */
#include "attack.h"

int main(int argc, char **argv)
{
    struct iovec_t iov;
    size_t size;
    int file;
    size_t pages = 0;

    begin(argc, argv);
    file = open_at(TOP, "grown", CREAT, READ | WRITE);
    for (;;) {
        size_t at = __builtin_wasm_memory_grow(0, pages < 64 ? 1 : 256);

        if (at == SIZE_MAX) break;
        char *fresh = (char *)(at * 65536);
        must(fresh[0] == 0 && fresh[65535] == 0, "memory.grow", "gives bytes that are not zero");
        iov = (struct iovec_t){ fresh, 8 };
        must(random_get(fresh, 8) == 0, "random_get", "into a new page");
        must(fd_pwrite(file, &iov, 1, 0, fresh + 16) == 0, "fd_pwrite", "from a new page");
        memset(fresh, 0, 8);
        must(fd_pread(file, &iov, 1, 0, fresh + 16) == 0, "fd_pread", "into a new page");
        iov.at = ".";
        iov.length = 1;
        must(fd_write(1, &iov, 1, &size) == 0 && size == 1, "fd_write", "after growing");
        pages++;
    }
    must(__builtin_wasm_memory_grow(0, 1) == SIZE_MAX, "memory.grow", "beyond the cap");
    /* The last bytes of all. */
    size_t end = __builtin_wasm_memory_size(0) * 65536;
    must(random_get((char *)(end - 8), 8) == 0, "random_get", "into the last bytes");
    must_fail(random_get((char *)(end - 8), 9), "random_get", "beyond the last byte");
    path_unlink_file(TOP, "grown", 5);
    say("\n");
    return report();
}
