/* Reads multipart/form-data (RFC 7578) from stdin through one window of fixed size. */
#ifndef SAMPLES_MULTIPART_H
#define SAMPLES_MULTIPART_H

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* RFC 2046: a boundary has at most 70 characters. */
enum { BOUNDARY_BYTES = 70, WINDOW_BYTES = 65536 + 128, DISPOSITION_BYTES = 512 };

struct multipart {
    char delimiter[BOUNDARY_BYTES + 5];
    size_t delimiter_length;
    unsigned char window[WINDOW_BYTES];
    size_t held;
    /* Content-Disposition of the part that was begun last. */
    char disposition[DISPOSITION_BYTES];
};

typedef void multipart_sink(const unsigned char *bytes, size_t count);

static void multipart_drop(struct multipart *m, size_t count)
{
    m->held -= count;
    memmove(m->window, m->window + count, m->held);
}

/* Reads more behind what is held; 0 at the end of the body or when the window is full. */
static int multipart_refill(struct multipart *m)
{
    ssize_t count = read(0, m->window + m->held, sizeof m->window - m->held);

    if (count <= 0) return 0;
    m->held += (size_t)count;
    return 1;
}

/* Gives the bytes up to the next delimiter to `sink`; 0 when the body ends before one. */
static int multipart_read(struct multipart *m, multipart_sink *sink)
{
    for (;;) {
        unsigned char *at = memmem(m->window, m->held, m->delimiter, m->delimiter_length);
        size_t kept = m->held < m->delimiter_length ? m->held : m->delimiter_length - 1;
        size_t ready = at != NULL ? (size_t)(at - m->window) : m->held - kept;

        if (sink != NULL) sink(m->window, ready);
        multipart_drop(m, at != NULL ? ready + m->delimiter_length : ready);
        if (at != NULL) return 1;
        if (!multipart_refill(m)) return 0;
    }
}

/* Skips what is before the first part. `boundary` may be quoted and followed by parameters. */
static int multipart_begin(struct multipart *m, const char *boundary)
{
    size_t length;

    if (*boundary == '"') boundary++;
    length = strcspn(boundary, "\";, ");
    if (length == 0 || length > BOUNDARY_BYTES) return 0;
    m->delimiter_length = (size_t)sprintf(m->delimiter, "\r\n--%.*s", (int)length, boundary);
    /* The first boundary may open the body; an empty line before it makes it like the others. */
    memcpy(m->window, "\r\n", 2);
    m->held = 2;
    return multipart_read(m, NULL);
}

/* Reads the head of the next part; 0 after the last one. */
static int multipart_next(struct multipart *m)
{
    unsigned char *end;
    char *line;
    size_t length;

    while ((end = memmem(m->window, m->held, "\r\n\r\n", 4)) == NULL) {
        if (m->held >= 2 && memcmp(m->window, "--", 2) == 0) return 0;
        if (!multipart_refill(m)) return 0;
    }
    *end = '\0';
    strcpy(m->disposition, "part without Content-Disposition");
    line = (char *)m->window;
    /* The window begins with the end of the delimiter's line. */
    while (line != NULL && line < (char *)end) {
        line += 2;
        length = strcspn(line, "\r");
        if (strncasecmp(line, "Content-Disposition:", 20) == 0)
            snprintf(m->disposition, sizeof m->disposition, "%.*s", (int)length, line);
        line = strstr(line, "\r\n");
    }
    multipart_drop(m, (size_t)(end - m->window) + 4);
    return 1;
}

#endif
