/* Shows all that a program is given: arguments, environment, directories, and the request body. */
#include <unistd.h>
#include <wasi/api.h>

#include "../cgi.h"

extern char **environ;

enum { SHOWN_BYTES = 4096, NAME_BYTES = 256, FIRST_PREOPEN = 3 };

static void print_row(const char *name, const char *value)
{
    fputs("<tr><th>", stdout);
    print_escaped(name);
    fputs("<td>", stdout);
    print_escaped(value);
    putchar('\n');
}

static void print_arguments(int argc, char **argv)
{
    puts("<h2>Arguments</h2><table>");
    for (int i = 0; i < argc; i++) {
        char name[16];

        snprintf(name, sizeof name, "argv[%d]", i);
        print_row(name, argv[i]);
    }
    puts("</table>");
}

static void print_environment(void)
{
    puts("<h2>Environment</h2><table>");
    for (char **at = environ; *at != NULL; at++) {
        char *value = strchr(*at, '=');

        if (value == NULL) continue;
        *value = '\0';
        print_row(*at, value + 1);
    }
    puts("</table>");
}

/* Preopened directories are the fds from 3 on, as long as fd_prestat_get answers. */
static void print_directories(void)
{
    __wasi_prestat_t prestat;
    char name[NAME_BYTES];

    puts("<h2>Directories</h2><table>");
    for (int fd = FIRST_PREOPEN; __wasi_fd_prestat_get(fd, &prestat) == 0; fd++) {
        size_t length = prestat.u.dir.pr_name_len;
        __wasi_fdstat_t fdstat;
        int writable;

        if (length >= sizeof name) continue;
        if (__wasi_fd_prestat_dir_name(fd, (uint8_t *)name, length) != 0) continue;
        name[length] = '\0';
        writable = __wasi_fd_fdstat_get(fd, &fdstat) == 0
                   && (fdstat.fs_rights_base & __WASI_RIGHTS_PATH_CREATE_FILE) != 0;
        print_row(name, writable ? "read and write" : "read only");
    }
    puts("</table>");
}

static void print_body(void)
{
    static char shown[SHOWN_BYTES + 1], rest[65536];
    size_t total = fread(shown, 1, SHOWN_BYTES, stdin), more;
    size_t kept = total;

    while ((more = fread(rest, 1, sizeof rest, stdin)) > 0) total += more;
    for (size_t i = 0; i < kept; i++) {
        if (shown[i] == '\0') shown[i] = '.';
    }
    printf("<h2>Body, %zu bytes</h2>\n<pre>", total);
    print_escaped(shown);
    puts("</pre>\n<form method=\"post\"><input name=\"text\" value=\"a form\"> <button>POST it</button></form>");
}

int main(int argc, char **argv)
{
    begin_page("What the program sees");
    print_arguments(argc, argv);
    print_environment();
    print_directories();
    print_body();
    return 0;
}
