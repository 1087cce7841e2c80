/* Takes a body of any size and answers its length and SHA-256, or with ?echo its very bytes.
 * It holds one window of the body at a time, so memory stays flat. */
/* For memmem. */
#define _GNU_SOURCE
#include <unistd.h>

#include "../cgi.h"
#include "multipart.h"
#include "sha256.h"

static struct sha256 hash;

static void hash_bytes(const unsigned char *bytes, size_t count) { sha256_add(&hash, bytes, count); }

static void print_total(void)
{
    printf("length %llu\nsha256 ", (unsigned long long)hash.length);
    sha256_print(&hash);
    putchar('\n');
}

static void answer_parts(const char *boundary)
{
    /* Static: the stack of a wasi-libc program has 64 KB. */
    static struct multipart parts;

    if (!multipart_begin(&parts, boundary)) {
        puts("The boundary is too long, or the body has none.");
        return;
    }
    while (multipart_next(&parts)) {
        int whole;

        sha256_begin(&hash);
        whole = multipart_read(&parts, hash_bytes);
        printf("%s\n", parts.disposition);
        print_total();
        if (!whole) puts("The body ended within this part.");
    }
}

static void answer_raw(void)
{
    static unsigned char bytes[65536];
    ssize_t count;

    sha256_begin(&hash);
    while ((count = read(0, bytes, sizeof bytes)) > 0) hash_bytes(bytes, (size_t)count);
    print_total();
}

static void echo(const char *type)
{
    static unsigned char bytes[65536];
    ssize_t count;

    printf("Content-Type: %s\n\n", type);
    while ((count = read(0, bytes, sizeof bytes)) > 0) fwrite(bytes, 1, (size_t)count, stdout);
}

int main(void)
{
    const char *method = getenv("REQUEST_METHOD"), *query = getenv("QUERY_STRING");
    const char *type = getenv("CONTENT_TYPE");
    const char *boundary = type == NULL ? NULL : strstr(type, "boundary=");

    if (method != NULL && strcmp(method, "GET") == 0) {
        begin_page("Upload");
        puts("<p>A file of any size; the program reads it in pieces of 64 KB.</p>\n"
             "<form method=\"post\" enctype=\"multipart/form-data\">\n"
             "<input type=\"file\" name=\"file\" required> <button>Upload</button>\n</form>");
        return 0;
    }
    if (query != NULL && strcmp(query, "echo") == 0) {
        echo(type == NULL ? "application/octet-stream" : type);
        return 0;
    }
    fputs("Content-Type: text/plain; charset=utf-8\n\n", stdout);
    if (type != NULL && boundary != NULL && strncmp(type, "multipart/form-data", 19) == 0)
        answer_parts(boundary + strlen("boundary="));
    else
        answer_raw();
    return 0;
}
