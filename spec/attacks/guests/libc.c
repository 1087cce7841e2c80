/* The same as others by the C library, with the names a program uses: below the preopen's own name. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

static int tried, through;

static void must_fail(int failed, const char *call, const char *path)
{
    tried++;
    if (!failed && through++ < 20) printf("THROUGH %s %s\n", call, path);
}

static void closed(int fd, const char *call, const char *path)
{
    must_fail(fd < 0, call, path);
    if (fd >= 0) close(fd);
}

int main(void)
{
    static const char *const NAMES[] = {
        "../secret", "../outside/secret", "d/../../outside/secret", "to-file", "to-dir/secret", "chain",
        "absolute/passwd", "absolute-dir/secret", "deep/up/secret", "to-dir/", "to-tree/outside/new",
        "proc-root/etc/passwd", "proc-fd/0", "fifo", "socket", "dangling/x", "loop",
    };
    static const char *const ROOTS[] = { "/", "/sandbox/", "", "./", "//", "/./", "/../", "/sandbox/../" };
    struct timespec times[2] = { { 0, 0 }, { 0, 0 } };
    struct stat status;
    char path[256], own[256], buffer[64];
    const char *base = getenv("BASE");
    unsigned booted;
    FILE *request;

    getentropy(&booted, sizeof booted);
    /* As attack.h has it: what follows is done in each run from a snapshot. */
    request = fopen("/dev/wasm-fcgi/request", "r");
    if (request != NULL) {
        fgetc(request);
        fclose(request);
    }
    snprintf(own, sizeof own, "%smine", base);
    for (size_t r = 0; r < sizeof ROOTS / sizeof *ROOTS; r++) {
        for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
            snprintf(path, sizeof path, "%s%s", ROOTS[r], NAMES[i]);
            int plain = i < 13 && NAMES[i][0] != 'f';

            closed(open(path, O_RDONLY), "open", path);
            closed(open(path, O_WRONLY | O_CREAT, 0666), "open creating", path);
            closed(open(path, O_RDWR | O_TRUNC), "open truncating", path);
            closed(open(path, O_RDONLY | O_DIRECTORY), "open directory", path);
            closed(open(path, O_WRONLY | O_APPEND | O_NONBLOCK), "open appending", path);
            FILE *file = fopen(path, "r+");
            must_fail(file == NULL, "fopen", path);
            DIR *dir = opendir(path);
            must_fail(dir == NULL, "opendir", path);
            must_fail(truncate(path, 0) != 0, "truncate", path);
            must_fail(mkdir(path, 0777) != 0, "mkdir", path);
            must_fail(rmdir(path) != 0, "rmdir", path);
            if (plain) must_fail(stat(path, &status) != 0, "stat", path);
            if (plain) must_fail(access(path, R_OK) != 0, "access", path);
            if (plain) must_fail(utimensat(AT_FDCWD, path, times, 0) != 0, "utimensat", path);
            if (plain) must_fail(linkat(AT_FDCWD, path, AT_FDCWD, "/l", AT_SYMLINK_FOLLOW) != 0, "linkat", path);
            must_fail(link(own, path) != 0, "link", path);
            must_fail(symlink("mine", path) != 0, "symlink", path);
            must_fail(chdir(path) != 0 || open("secret", O_RDONLY) < 0, "chdir", path);
            if (strchr(NAMES[i], '/') != NULL) {
                must_fail(rename(own, path) != 0, "rename to", path);
                must_fail(rename(path, own) != 0, "rename", path);
                must_fail(unlink(path) != 0, "unlink", path);
                must_fail(readlink(path, buffer, sizeof buffer) < 0, "readlink", path);
                if (strcmp(NAMES[i], "to-dir/") != 0) must_fail(lstat(path, &status) != 0, "lstat", path);
            }
        }
    }
    must_fail(open("/etc/passwd", O_RDONLY) < 0, "open", "/etc/passwd");
    must_fail(open("/proc/self/environ", O_RDONLY) < 0, "open", "/proc/self/environ");
    must_fail(access(own, R_OK | W_OK) != 0 ? 0 : 1, "access", own);
    printf("tried %d\nthrough %d\nbooted %u\n", tried, through, booted);
    return 0;
}
