/* Closes, renumbers and swaps fds 0 to 2 and the preopen, in every order; asks for fds never given. */
#include "attack.h"

static const int ODD[] = { -1, -2, 5, 6, 7, 17, 99, 127, 128, 255, 1023, 65535, 65536, INT32_MAX,
                           INT32_MIN, 0x40000000, 1000000 };

/* The server's own descriptors have such numbers; none of them is the guest's. */
static void foreign(int fd)
{
    static char bytes[64];
    struct iovec_t iov = { bytes, sizeof bytes };
    uint64_t out[8];
    int opened;

    must(fd_read(fd, &iov, 1, out) == BADF, "fd_read", "a foreign fd");
    must(fd_write(fd, &iov, 1, out) == BADF, "fd_write", "a foreign fd");
    must(fd_pread(fd, &iov, 1, 0, out) == BADF, "fd_pread", "a foreign fd");
    must(fd_pwrite(fd, &iov, 1, 0, out) == BADF, "fd_pwrite", "a foreign fd");
    must(fd_close(fd) == BADF, "fd_close", "a foreign fd");
    must(fd_renumber(fd, 1) == BADF, "fd_renumber from", "a foreign fd");
    must(fd_renumber(1, fd) == BADF, "fd_renumber to", "a foreign fd");
    must(fd_fdstat_get(fd, out) == BADF, "fd_fdstat_get", "a foreign fd");
    must(fd_filestat_get(fd, out) == BADF, "fd_filestat_get", "a foreign fd");
    must(fd_prestat_get(fd, out) == BADF, "fd_prestat_get", "a foreign fd");
    must(fd_readdir(fd, bytes, 64, 0, out) == BADF, "fd_readdir", "a foreign fd");
    must(fd_filestat_set_size(fd, 0) == BADF, "fd_filestat_set_size", "a foreign fd");
    must(path_open(fd, 0, "x", 1, CREAT, ALL, ALL, 0, &opened) == BADF, "path_open", "a foreign fd");
    must(sock_accept(fd, 0, &opened) == BADF, "sock_accept", "a foreign fd");
    must(sock_recv(fd, &iov, 1, 0, out, out) == BADF, "sock_recv", "a foreign fd");
    must(sock_send(fd, &iov, 1, 0, out) == BADF, "sock_send", "a foreign fd");
    must(sock_shutdown(fd, 2) == BADF, "sock_shutdown", "a foreign fd");
}

int main(int argc, char **argv)
{
    uint64_t stat[8];

    begin(argc, argv);
    for (size_t i = 0; i < sizeof ODD / sizeof *ODD; i++) foreign(ODD[i]);
    for (int fd = 5; fd < 200; fd++) must(fd_fdstat_get(fd, stat) == BADF, "fd_fdstat_get", "fd");
    for (int fd = 0; fd < 3; fd++) {
        must_fail(sock_accept(fd, 0, stat), "sock_accept", "stdio");
        must_fail(sock_shutdown(fd, 2), "sock_shutdown", "stdio");
    }
    report();

    /* stdout goes to a file from here on: what is written is seen inside, not in the answer. */
    int file = open_at(TOP, "stolen", CREAT, READ | WRITE);
    must(fd_renumber(file, 1) == 0, "fd_renumber", "onto stdout");
    write_to(1, "into the file");
    must(fd_renumber(1, 0) == 0 && write_to(0, "x") == 0, "fd_renumber", "onto stdin");
    must(fd_renumber(TOP, 2) == 0, "fd_renumber", "the preopen onto stderr");
    must(write_to(2, "x") != 0, "fd_write", "to a directory");
    must(open_at(2, "mine", 0, READ) == 1, "path_open", "takes the lowest fd");
    must(open_at(2, "../outside/secret", 0, READ) < 0, "path_open", "../outside/secret");
    must(fd_prestat_get(TOP, stat) == BADF, "fd_prestat_get", "of a moved preopen");
    for (int fd = 0; fd < 8; fd++) fd_close(fd);
    for (int fd = 0; fd < 8; fd++) must(fd_close(fd) == BADF, "fd_close", "twice");
    /* Nothing is left to say it by but the exit code. */
    return through;
}
