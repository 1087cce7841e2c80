/* Takes all it can get: time with ?time, memory with ?memory, disk with ?disk. */
#include <errno.h>
#include <unistd.h>

#include "../cgi.h"

enum { STEP_MB = 4, STEP_BYTES = STEP_MB << 20, PAGE_BYTES = 65536 };

static const char FILE_NAME[] = "/tmp/filler";

static void take_time(void)
{
    /* volatile: else the compiler may take the loop away. */
    for (volatile unsigned turn = 0;; turn++)
        ;
}

static void take_memory(void)
{
    int taken = 0;
    volatile char *step;

    /* Each page is touched: else the compiler may take the calls away. */
    while ((step = malloc(STEP_BYTES)) != NULL) {
        for (int at = 0; at < STEP_BYTES; at += PAGE_BYTES) step[at] = 1;
        taken += STEP_MB;
    }
    printf("<p class=\"refused\">No more memory after %d MB.</p>\n", taken);
}

static void take_disk(void)
{
    static char step[STEP_BYTES];
    FILE *file = fopen(FILE_NAME, "w");
    int taken = 0;

    if (file == NULL) {
        printf("<p class=\"refused\">%s.</p>\n", strerror(errno));
        return;
    }
    setvbuf(file, NULL, _IONBF, 0);
    while (fwrite(step, sizeof step, 1, file) == 1) taken += STEP_MB;
    printf("<p class=\"refused\">%s after %d MB.</p>\n", strerror(errno), taken);
    fclose(file);
    unlink(FILE_NAME);
}

int main(void)
{
    const char *query = getenv("QUERY_STRING");

    begin_page("Limits");
    puts("<p><a href=\"?time\">Take all the time</a> &middot; <a href=\"?memory\">Take all the memory</a>"
         " &middot; <a href=\"?disk\">Take all the disk</a></p>");
    if (query == NULL) return 0;
    if (strcmp(query, "time") == 0) take_time();
    if (strcmp(query, "memory") == 0) take_memory();
    if (strcmp(query, "disk") == 0) take_disk();
    return 0;
}
