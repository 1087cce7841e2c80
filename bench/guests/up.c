/* Reads the whole body and says how long it was, in 12 places. */
#include "serve.h"

static void respond(void)
{
    char bytes[32768];
    char answer[64];
    unsigned long total = 0;
    size_t count;

    while ((count = take(bytes, sizeof bytes)) > 0)
        total += count;
    snprintf(answer, sizeof answer,
             "Content-Type: text/plain\r\n\r\n%12lu\n", total);
    give_text(answer);
}
