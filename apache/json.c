/*
 * json.c -- one object of JSON on each line of standard output.
 */
#include <stdio.h>
#include "dump.h"

/* Bytes that are not ASCII stay as they are. */
void wasm_json_value(const char *text)
{
    if (!text) {
        fputs("null", stdout);
        return;
    }
    putchar('"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

void wasm_json_open(const char *kind)
{
    fputs("{\"kind\":", stdout);
    wasm_json_value(kind);
}

void wasm_json_name(const char *name)
{
    printf(",\"%s\":", name);
}

void wasm_json_text(const char *name, const char *text)
{
    wasm_json_name(name);
    wasm_json_value(text);
}

void wasm_json_number(const char *name, apr_int64_t number)
{
    wasm_json_name(name);
    printf("%" APR_INT64_T_FMT, number);
}

/* Others write past the buffer, so nothing stays in it. */
void wasm_json_close(void)
{
    puts("}");
    fflush(stdout);
}

/* The same for one server in all lines of a dump. */
const char *wasm_server_id(apr_pool_t *p, const server_rec *s)
{
    return apr_psprintf(p, "%pp", s);
}
