/* Looks at every variable: a line of fixed length with how many HTTP_ ones
 * there were and whether their values had any length. */
#include "serve.h"

static void respond(void)
{
    char answer[96];
    unsigned headers = 0, filled = 0;
    char **at;

    for (at = params(); *at != NULL; at++) {
        if (strncmp(*at, "HTTP_", 5) != 0)
            continue;
        headers++;
        filled += strchr(*at, '=')[1] != '\0';
    }
    snprintf(answer, sizeof answer, "Content-Type: text/plain\r\n\r\n"
             "%5u headers, %5u with a value\n", headers, filled);
    give_text(answer);
}
