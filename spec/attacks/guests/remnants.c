/* HOW=leave, or `leave and trap`, fills all of memory with a mark and leaves files open; HOW=look searches for what
 * another run left: bytes in fresh memory, open fds, its stdin. */
#include "attack.h"

int main(int argc, char **argv)
{
    /* Made when it runs, so that the mark is not in the module itself. */
    static char mark[17];
    const char *how = getenv("HOW");
    uint64_t stat[8];

    begin(argc, argv);
    for (int i = 0; i < 16; i++) mark[i] = (char)('A' + (i * 7 + 3) % 26);
    size_t first = __builtin_wasm_memory_size(0) * 65536;
    size_t grown = 0;
    while (grown < 48 && __builtin_wasm_memory_grow(0, 1) != SIZE_MAX) grown++;
    size_t end = first + grown * 65536;
    if (strncmp(how, "leave", 5) == 0) {
        for (size_t at = first; at + 16 <= end; at += 16) memcpy((char *)at, mark, 16);
        /* The unused part of the first pages too: between heap and end. */
        char *heap = malloc(40000);
        for (size_t at = 0; at + 16 <= 40000; at += 16) memcpy(heap + at, mark, 16);
        for (int i = 0; i < 20; i++) open_at(TOP, "mine", 0, READ);
        if (strcmp(how, "leave") != 0) __builtin_trap();
        say("left\n");
        return 0;
    }
    for (size_t at = 0; at + 16 <= end; at++) {
        if ((char *)at == mark || memcmp((char *)at, mark, 16) != 0) continue;
        must(0, "memory", "of another run");
        break;
    }
    for (size_t at = first; at < end; at++) {
        if (*(char *)at == 0) continue;
        must(0, "memory.grow", "gives bytes that are not zero");
        break;
    }
    int fd = 3;
    while (fd_prestat_get(fd, stat) == 0) fd++; /* those that this run was given */
    must(fd <= 5, "fd", "more directories than one of its own and that of its request");
    for (; fd < 300; fd++) must(fd_fdstat_get(fd, stat) == BADF, "fd", "of another run");
    return report();
}
