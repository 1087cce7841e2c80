/* A hostile program: each attempt to break out, by its name in the query string. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEGABYTE = 1 << 20, STEP_MB = 8, MANY = 100000, PAGE_BYTES = 65536 };

static char filler[MEGABYTE];

/* Opens a file that lies outside of what the program was given, and shows what is in it. */
static void open_path(const char *path)
{
    char text[256];
    FILE *file = fopen(path, "r");

    if (file == NULL) {
        printf("%s: %s\n", path, strerror(errno));
        return;
    }
    printf("%s: %s", path, fgets(text, sizeof text, file) != NULL ? text : "empty\n");
    fclose(file);
}

static void traversal(void)
{
    open_path("/room/../secret/note.txt");
    open_path("/room/x/../../secret/note.txt");
    open_path("/room/../../../../../../etc/hostname");
    open_path("/etc/hostname");
}

/* One link was left in the directory by a friend; the other one we make ourselves. */
static void follow(void)
{
    open_path("/room/link");
    unlink("/room/made");
    if (symlink("../secret/note.txt", "/room/made") != 0)
        printf("a link of our own: %s\n", strerror(errno));
    else
        open_path("/room/made");
}

static void overwrite(void)
{
    FILE *file = fopen("/room/../secret/left.txt", "w");

    if (file != NULL) {
        fputs("written\n", file);
        fclose(file);
    }
    printf("/room/../secret/left.txt: %s\n", file == NULL ? strerror(errno) : "written");
}

static void loop(void)
{
    puts("An endless loop begins.");
    fflush(stdout);
    /* volatile: else the compiler may take the loop away. */
    for (volatile unsigned turn = 0;; turn++)
        ;
}

static void take_memory(void)
{
    int taken = 0;
    volatile char *more;

    /* Each page is touched: else the compiler may take the calls away. */
    for (; (more = malloc(STEP_MB * MEGABYTE)) != NULL; taken += STEP_MB)
        for (int at = 0; at < STEP_MB * MEGABYTE; at += PAGE_BYTES) more[at] = 1;
    printf("No more memory after %d MB.\n", taken);
}

static void flood(void)
{
    memset(filler, '.', sizeof filler);
    while (fwrite(filler, sizeof filler, 1, stdout) == 1)
        ;
}

/* Files of a megabyte, each kept open, until something says no; then it tidies up. */
static void fill_disk(void)
{
    static int open_files[MANY];
    char name[32];
    int count, opened;

    for (count = 0; count < MANY; count++) {
        snprintf(name, sizeof name, "/room/empty-%d", count);
        open_files[count] = open(name, O_CREAT | O_WRONLY, 0600);
        if (open_files[count] < 0) break;
    }
    printf("%s after %d open files.\n", strerror(errno), count);
    opened = count;
    while (count-- > 0) close(open_files[count]);

    for (count = 0; count < MANY; count++) {
        snprintf(name, sizeof name, "/room/full-%d", count);
        int file = open(name, O_CREAT | O_WRONLY, 0600);
        ssize_t written = file < 0 ? -1 : write(file, filler, sizeof filler);
        if (file >= 0) close(file);
        if (written != sizeof filler) break;
    }
    printf("%s after %d files of 1 MB.\n", strerror(errno), count);

    for (; count >= 0; count--) {
        snprintf(name, sizeof name, "/room/full-%d", count);
        unlink(name);
    }
    while (opened-- > 0) {
        snprintf(name, sizeof name, "/room/empty-%d", opened);
        unlink(name);
    }
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } attempts[] = {
        {"traversal", traversal}, {"symlink", follow}, {"write", overwrite}, {"loop", loop},
        {"memory", take_memory},  {"output", flood},   {"files", fill_disk},
    };
    const char *query = getenv("QUERY_STRING");

    puts("Content-Type: text/plain; charset=utf-8\n");
    for (size_t at = 0; query != NULL && at < sizeof attempts / sizeof *attempts; at++) {
        if (strcmp(query, attempts[at].name) == 0) attempts[at].run();
    }
    return 0;
}
