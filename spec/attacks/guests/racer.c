/* Exchanges the directory `d` and the symlink `l` by renaming, until a file `stop` is there. */
#include "attack.h"

static void move(const char *from, const char *to)
{
    path_rename(TOP, from, strlen(from), TOP, to, strlen(to));
}

int main(int argc, char **argv)
{
    uint64_t stat[8];

    begin(argc, argv);
    make(TOP, "racing");
    do {
        for (int i = 0; i < 20; i++) {
            move("d", "x");
            move("l", "d");
            move("d", "l");
            move("x", "d");
        }
    } while (path_filestat_get(TOP, 0, "stop", 4, stat) != 0);
    return report();
}
