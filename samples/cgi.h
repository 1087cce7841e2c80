/* The little of CGI that the C samples share: escaping, and values of the query string. */
#ifndef SAMPLES_CGI_H
#define SAMPLES_CGI_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Prints text so that a browser shows it and never runs it. */
static inline void print_escaped(const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<': fputs("&lt;", stdout); break;
        case '>': fputs("&gt;", stdout); break;
        case '&': fputs("&amp;", stdout); break;
        case '"': fputs("&quot;", stdout); break;
        default: putchar(*text);
        }
    }
}

static inline int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Copies the decoded value of `name` from QUERY_STRING; 0 when there is none or no room. */
static inline int query_value(const char *name, char *value, size_t size)
{
    const char *at = getenv("QUERY_STRING");
    size_t length = strlen(name);

    while (at != NULL && strncmp(at, name, length) != 0) {
        at = strchr(at, '&');
        if (at != NULL) at++;
    }
    if (at == NULL || at[length] != '=') return 0;
    for (at += length + 1; *at != '\0' && *at != '&'; at++) {
        if (--size == 0) return 0;
        if (*at == '%' && hex_digit(at[1]) >= 0 && hex_digit(at[2]) >= 0) {
            *value++ = (char)(hex_digit(at[1]) * 16 + hex_digit(at[2]));
            at += 2;
        } else {
            *value++ = *at == '+' ? ' ' : *at;
        }
    }
    *value = '\0';
    return 1;
}

/* The head of an HTML page: CGI header, title, and the look that all samples share. */
static inline void begin_page(const char *title)
{
    printf("Content-Type: text/html; charset=utf-8\n\n"
           "<!doctype html>\n<html lang=\"en\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
           "<title>%s</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n"
           "<p><a href=\"/\">All programs</a></p>\n<h1>%s</h1>\n",
           title, title);
}

#endif
