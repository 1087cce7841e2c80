/* Cookies that nobody gave, buffers of any size, and what `.` and `..` say of the outside. */
#include "attack.h"

static char listing[8192];

/* Walks over what came, as far as it is whole; no entry may be of the outside. */
static void examine(size_t used)
{
    size_t at = 0;

    must(used <= sizeof listing, "fd_readdir", "used more than there is");
    while (at + 24 <= used) {
        uint64_t inode;
        uint32_t length;

        memcpy(&inode, listing + at + 8, 8);
        memcpy(&length, listing + at + 16, 4);
        must(!is_outside(inode), "fd_readdir", "shows an inode of the outside");
        must(length >= 1 && length <= 255, "fd_readdir", "length of a name");
        at += 24 + length;
    }
}

int main(int argc, char **argv)
{
    static const uint64_t cookies[] = { 0, 1, 2, 3, 5, 100, 65536, UINT32_MAX, UINT64_C(1) << 32,
                                        (UINT64_C(1) << 53) - 1, UINT64_C(1) << 53, UINT64_C(1) << 63,
                                        UINT64_MAX - 1, UINT64_MAX };
    size_t used;

    begin(argc, argv);
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < 60; i++) {
            make(TOP, numbered("d/", i));
        }
        for (int place = 0; place < 3; place++) {
            int fd = open_dir(TOP, ((const char *[]){ ".", "d", "deep/deeper" })[place]);

            for (size_t c = 0; c < sizeof cookies / sizeof *cookies; c++) {
                for (size_t length = 0; length < 200; length += 7) {
                    used = 0;
                    if (fd_readdir(fd, listing, length, cookies[c], &used) == 0) {
                        must(used <= length, "fd_readdir", "used more than was given");
                        examine(used);
                    }
                }
                used = 0;
                if (fd_readdir(fd, listing, sizeof listing, cookies[c], &used) == 0) examine(used);
                /* Removed and made anew between two calls. */
                path_unlink_file(TOP, "d/7", 3);
                make(TOP, "d/7");
            }
            fd_close(fd);
        }
        for (int i = 0; i < 60; i++) {
            const char *name = numbered("d/", i);

            path_unlink_file(TOP, name, strlen(name));
        }
    }
    must_fail(fd_readdir(1, listing, 100, 0, &used), "fd_readdir", "of stdout");
    return report();
}
