/* The program that is asked for by its file name: prints the time of the server. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(void)
{
    const char *name = getenv("SCRIPT_NAME");
    time_t now = time(NULL);

    printf("Content-Type: text/plain; charset=utf-8\n\n%s says: %s", name == NULL ? "clock" : name,
           asctime(gmtime(&now)));
    return 0;
}
