/* Writes as many bytes as QUERY_STRING says. */
#include "serve.h"

static void respond(void)
{
    static char bytes[65536];
    const char *query = param("QUERY_STRING");
    size_t left = query != NULL ? strtoul(query, NULL, 10) : 0;

    give_text("Content-Type: application/octet-stream\r\n\r\n");
    while (left > 0) {
        size_t size = left < sizeof bytes ? left : sizeof bytes;

        give(bytes, size);
        left -= size;
    }
}
