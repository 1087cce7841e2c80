/* Prints what a libc keeps between calls, then spoils all of it and ends as argv[1] says: the same line each run. */
#include <errno.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int data = 7;
static int bss[4096];
static char word[] = "a,b,c";
static char *kept;

static int spoiled_heap(void) {
    unsigned char *block = malloc(4000);
    int dirty = 0;
    for (int i = 0; i < 4000; i++) dirty += block[i] == 0xa5;
    memset(block, 0xa5, 4000);
    kept = (char *)block;
    return dirty;
}

static __attribute__((noinline)) int spoiled_stack(void) {
    volatile unsigned char frame[8192];
    int dirty = 0;
    for (int i = 0; i < 8192; i++) dirty += frame[i] == 0xa5;
    for (int i = 0; i < 8192; i++) frame[i] = 0xa5;
    return dirty;
}

static __attribute__((noinline)) void end(const char *how, int depth) {
    volatile char frame[512];
    frame[0] = (char)depth;
    if (depth > 0) end(how, depth - 1);
    else if (strcmp(how, "exits") == 0) exit(0);
    else if (strcmp(how, "leaves") == 0) { fflush(stdout); printf("never flushed"); _Exit(0); }
    else if (strcmp(how, "traps") == 0) { fflush(stdout); __builtin_trap(); }
    else if (strcmp(how, "grows") == 0) memset(malloc(1 << 20), 0xa5, 1 << 20);
    frame[1] = frame[0];
}

int main(int argc, char **argv) {
    volatile char here;
    char cwd[64] = "";
    const char *word_before = strtok(NULL, ",");
    getcwd(cwd, sizeof cwd);
    printf("data %d bss %d rand %d errno %d heap %d stack %d strtok %s kept %d env %s cwd %s at %u\n", data,
           bss[100], rand(), errno, spoiled_heap(), spoiled_stack(), word_before ? word_before : "none",
           kept != NULL ? 1 : 0, getenv("SPOILED") ? "spoiled" : "clean", cwd, (unsigned)(uintptr_t)&here);
    data = 8;
    memset(bss, 0xa5, sizeof bss);
    srand(99);
    errno = EDOM;
    strtok(word, ",");
    setenv("SPOILED", "1", 1);
    chdir("/tmp");
    close(2);
    end(argv[1], 20);
    return 0;
}
