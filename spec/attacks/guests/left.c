/* Ends in a hard way with everything open: files, directories, listings, half a walk. */
#include "attack.h"

static volatile int depth;

static int sink(int level)
{
    volatile char waste[512];

    waste[0] = (char)level;
    depth = level;
    return level < 0 ? 0 : sink(level + 1) + waste[0];
}

int main(int argc, char **argv)
{
    static char buffer[4096];
    size_t used;
    /* The name of how to end stands in the environment, since the arguments are the common ones. */
    const char *how = getenv("HOW");

    begin(argc, argv);
    for (int i = 0; i < 40; i++) {
        open_at(TOP, numbered("left", i), CREAT, READ | WRITE);
        fd_readdir(open_dir(TOP, "deep"), buffer, sizeof buffer, 0, &used);
    }
    uint64_t stat[8];
    path_filestat_get(TOP, FOLLOW, "deep/deeper/x", 13, stat);
    if (strcmp(how, "trap") == 0) __builtin_trap();
    if (strcmp(how, "stack") == 0) return sink(0);
    if (strcmp(how, "loop") == 0) for (;;) depth++;
    if (strcmp(how, "walk") == 0) for (;;) path_filestat_get(TOP, FOLLOW, "deep/deeper/x", 13, stat);
    if (strcmp(how, "wait") == 0) {
        uint64_t subscription[6] = { 0, 0, 1, UINT64_C(3600000000000), 0, 0 };
        poll_oneoff(subscription, buffer, 1, &used);
    }
    return 3;
}
