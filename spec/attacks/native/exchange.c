/* Exchanges two names in the working directory as fast as the kernel can, until stdin is closed. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct pollfd input = { .fd = 0, .events = POLLIN };

    if (argc != 3) return 2;
    puts("racing");
    fflush(stdout);
    while (poll(&input, 1, 0) == 0) {
        for (int i = 0; i < 64; i++) {
            /* RENAME_EXCHANGE: there is no moment at which one of them is missing. */
            syscall(SYS_renameat2, AT_FDCWD, argv[1], AT_FDCWD, argv[2], 2);
        }
    }
    return 0;
}
