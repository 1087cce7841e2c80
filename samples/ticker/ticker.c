/* Ten lines, one every 200 ms. Each flush reaches the client at once. */
#include <stdio.h>
#include <unistd.h>

enum { LINES = 10, PAUSE_US = 200000 };

int main(void)
{
    /* nosniff: a browser would else wait for more text before it shows any. */
    fputs("Content-Type: text/plain; charset=utf-8\nX-Content-Type-Options: nosniff\n\n", stdout);
    for (int line = 1; line <= LINES; line++) {
        printf("line %d of %d\n", line, LINES);
        fflush(stdout);
        if (line < LINES) usleep(PAUSE_US);
    }
    return 0;
}
