/* Says whether its preopens lie outside, by inode and by what can be read there. */
#include "attack.h"

int main(int argc, char **argv)
{
    uint64_t stat[8] = { 0 };

    begin(argc, argv);
    must(fd_filestat_get(TOP, stat) == 0 && !is_outside(stat[1]), "preopen", "is outside");
    must_be_inside(open_at(TOP, "secret", 0, READ), "path_open", "secret");
    make(TOP, "new");
    path_unlink_file(TOP, "new", 3);
    return report();
}
