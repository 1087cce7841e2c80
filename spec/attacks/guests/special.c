/* FIFOs, sockets, devices and files of /proc: none may be opened, none may hold the guest up. */
#include "attack.h"

static const char *const NAMES[] = { "fifo", "socket", "null", "zero", "tty", "block" };

int main(int argc, char **argv)
{
    static const int flags[] = { 0, CREAT, TRUNC, CREAT | TRUNC, CREAT | EXCL, DIRECTORY };
    static const uint64_t rights[] = { 0, READ, WRITE, READ | WRITE, ALL, AS_DIRECTORY };
    static char name[32];

    begin(argc, argv);
    for (int round = 0; round < rounds; round++) {
        for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
            for (int place = 0; place < 3; place++) {
                strcpy(name, ((const char *[]){ "", "to-", "d/../" })[place]);
                strcat(name, NAMES[i]);
                for (int fdflags = 0; fdflags < 32; fdflags += 4) {
                    for (int f = 0; f < 6; f++) {
                        for (int r = 0; r < 6; r++) {
                            int fd = -1;
                            int error = path_open(TOP, FOLLOW, name, strlen(name), flags[f], rights[r],
                                                  ALL, fdflags, &fd);

                            /* Where it is missing a plain file may have been made. */
                            uint64_t stat[8] = { 0 };
                            if (error == 0) fd_filestat_get(fd, stat);
                            must(error != 0 || (stat[2] & 255) == 4, "path_open", name);
                            if (error == 0) fd_close(fd);
                        }
                    }
                }
                /* A hard link has another name and the same nature. */
                path_link(TOP, FOLLOW, name, strlen(name), TOP, "same", 4);
                int fd = open_at(TOP, "same", 0, READ | WRITE);
                must_be_inside(fd, "path_open of a link to", name);
                path_unlink_file(TOP, "same", 4);
            }
        }
    }
    return report();
}
