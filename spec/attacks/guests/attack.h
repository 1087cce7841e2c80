/*
 * What the attack programs share: the imports, called without libc between, and the count of what
 * was tried and what got through. Arguments: how many rounds to make, then the inode numbers of all
 * that lies outside. Build: node spec/attacks/build.mjs
 */
#ifndef ATTACK_H
#define ATTACK_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifndef WASI
#define WASI "wasi_snapshot_preview1"
#endif
#define CALL(name) \
    __attribute__((import_module(WASI), import_name(#name))) int32_t name

CALL(fd_advise)(int fd, uint64_t offset, uint64_t length, int advice);
CALL(fd_allocate)(int fd, uint64_t offset, uint64_t length);
CALL(fd_close)(int fd);
CALL(fd_fdstat_get)(int fd, void *stat);
CALL(fd_fdstat_set_flags)(int fd, int flags);
CALL(fd_fdstat_set_rights)(int fd, uint64_t base, uint64_t inheriting);
CALL(fd_filestat_get)(int fd, void *stat);
CALL(fd_filestat_set_size)(int fd, uint64_t size);
CALL(fd_filestat_set_times)(int fd, uint64_t atim, uint64_t mtim, int flags);
CALL(fd_pread)(int fd, const void *iov, size_t count, uint64_t offset, void *size);
CALL(fd_prestat_dir_name)(int fd, void *name, size_t length);
CALL(fd_prestat_get)(int fd, void *prestat);
CALL(fd_pwrite)(int fd, const void *iov, size_t count, uint64_t offset, void *size);
CALL(fd_read)(int fd, const void *iov, size_t count, void *size);
CALL(fd_readdir)(int fd, void *buffer, size_t length, uint64_t cookie, void *used);
CALL(fd_renumber)(int from, int to);
CALL(fd_seek)(int fd, int64_t offset, int whence, void *position);
CALL(fd_sync)(int fd);
CALL(fd_write)(int fd, const void *iov, size_t count, void *size);
CALL(path_create_directory)(int fd, const void *path, size_t length);
CALL(path_filestat_get)(int fd, int lookup, const void *path, size_t length, void *stat);
CALL(path_filestat_set_times)(int fd, int lookup, const void *path, size_t length, uint64_t atim,
                              uint64_t mtim, int flags);
CALL(path_link)(int fd, int lookup, const void *path, size_t length, int to, const void *new_path,
                size_t new_length);
CALL(path_open)(int fd, int lookup, const void *path, size_t length, int flags, uint64_t base,
                uint64_t inheriting, int fdflags, void *opened);
CALL(path_readlink)(int fd, const void *path, size_t length, void *buffer, size_t size, void *used);
CALL(path_remove_directory)(int fd, const void *path, size_t length);
CALL(path_rename)(int fd, const void *path, size_t length, int to, const void *new_path,
                  size_t new_length);
CALL(path_symlink)(const void *text, size_t text_length, int fd, const void *path, size_t length);
CALL(path_unlink_file)(int fd, const void *path, size_t length);
CALL(poll_oneoff)(const void *subscriptions, void *events, size_t count, void *stored);
CALL(proc_raise)(int signal);
CALL(random_get)(void *bytes, size_t length);
CALL(sock_accept)(int fd, int flags, void *accepted);
CALL(sock_recv)(int fd, const void *iov, size_t count, int flags, void *size, void *out_flags);
CALL(sock_send)(int fd, const void *iov, size_t count, int flags, void *size);
CALL(sock_shutdown)(int fd, int how);

enum { FOLLOW = 1 };
enum { CREAT = 1, DIRECTORY = 2, EXCL = 4, TRUNC = 8 };
enum { APPEND = 1, NONBLOCK = 4 };
#define RIGHT(bit) (UINT64_C(1) << (bit))
#define READ RIGHT(1)
#define WRITE RIGHT(6)
#define ALLOCATE RIGHT(8)
#define SET_SIZE RIGHT(22)
#define ALL (RIGHT(30) - 1)
/* All that a directory can have: path_open refuses FD_WRITE and its like for one. */
#define AS_DIRECTORY (ALL & ~(READ | WRITE | ALLOCATE | SET_SIZE))
enum { BADF = 8, FAULT = 21, INVAL = 28, MFILE = 33, NOENT = 44, ROFS = 69, NOTCAPABLE = 76 };
/* fds of the first two preopens. */
enum { TOP = 3, SECOND = 4 };
#define SECRET "secret of the host"

struct iovec_t {
    const void *at;
    size_t length;
};

static int tried, through;
static int rounds = 1;
static uint64_t outside[32];
static int outsiders;
static uint32_t booted;

/*
 * Where a program is run from a snapshot, all that follows is done in each run, and all before was done
 * once, by a run of its own: it has the same number then.
 */
static inline void checkpoint(void)
{
    static const char name[] = "/dev/wasm-fcgi";
    static char bytes[64];
    struct iovec_t iov = { bytes, sizeof bytes };
    uint32_t prestat[2];
    size_t size;
    int opened;

    random_get(&booted, sizeof booted);
    for (int fd = TOP; fd < 16; fd++) {
        if (fd_prestat_get(fd, prestat) != 0 || prestat[1] != sizeof name - 1) continue;
        fd_prestat_dir_name(fd, bytes, sizeof name - 1);
        if (memcmp(bytes, name, sizeof name - 1) != 0) continue;
        if (path_open(fd, 0, "request", 7, 0, READ, 0, 0, &opened) != 0) continue;
        fd_read(opened, &iov, 1, &size);
        fd_close(opened);
        return;
    }
}

static inline void begin(int argc, char **argv)
{
    checkpoint();
    if (argc > 1) rounds = atoi(argv[1]);
    for (int i = 2; i < argc && outsiders < 32; i++) {
        outside[outsiders++] = strtoull(argv[i], NULL, 10);
    }
}

/* Without stdio, which is ten times as large as an attack. */
static inline void say(const char *text)
{
    struct iovec_t iov = { text, strlen(text) };
    size_t size;

    fd_write(1, &iov, 1, &size);
}

/* `text` and the number behind it, in a buffer that the next call takes again. */
static inline const char *numbered(const char *text, uint32_t number)
{
    static char buffer[64];
    char digits[12];
    char *at = buffer + strlen(text);
    int n = 0;

    memcpy(buffer, text, strlen(text));
    do digits[n++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (n > 0) *at++ = digits[--n];
    *at = '\0';
    return buffer;
}

/* What the spec reads: every line with THROUGH is an attack that got through. */
static inline int report(void)
{
    say(numbered("tried ", tried));
    say(numbered("\nthrough ", through));
    say(numbered("\nbooted ", booted));
    say("\n");
    return 0;
}

static inline void got_through(const char *call, const char *name)
{
    if (through++ >= 20) return;
    say("THROUGH ");
    say(call);
    say(" ");
    say(name);
    say("\n");
}

static inline void must(int ok, const char *call, const char *name)
{
    tried++;
    if (!ok) got_through(call, name);
}

static inline void must_fail(int error, const char *call, const char *name)
{
    must(error != 0, call, name);
}

static inline int is_outside(uint64_t inode)
{
    for (int i = 0; i < outsiders; i++) {
        if (outside[i] == inode) return 1;
    }
    return 0;
}

static inline int open_at(int fd, const char *name, int flags, uint64_t rights)
{
    int opened = -1;
    int error = path_open(fd, FOLLOW, name, strlen(name), flags, rights, ALL, 0, &opened);

    return error == 0 ? opened : -error;
}

static inline int open_dir(int fd, const char *name)
{
    return open_at(fd, name, DIRECTORY, AS_DIRECTORY);
}

static inline int write_to(int fd, const char *text)
{
    struct iovec_t iov = { text, strlen(text) };
    size_t size;

    return fd_write(fd, &iov, 1, &size);
}

/* A file of ours. */
static inline int make(int fd, const char *name)
{
    int opened = open_at(fd, name, CREAT, READ | WRITE);

    if (opened >= 0) write_to(opened, "made by a guest");
    return opened >= 0 ? fd_close(opened) : -opened;
}

/* What was opened must not lie outside: neither by its inode nor by its content. Closes it. */
static inline void must_be_inside(int fd, const char *call, const char *name)
{
    static char content[256];
    struct iovec_t iov = { content, sizeof content - 1 };
    uint64_t stat[8] = { 0 };
    size_t size = 0;

    tried++;
    if (fd < 0) return;
    if (fd_filestat_get(fd, stat) == 0 && is_outside(stat[1])) got_through(call, name);
    if (fd_pread(fd, &iov, 1, 0, &size) == 0) {
        content[size] = '\0';
        if (strstr(content, SECRET) != NULL) got_through(call, name);
    }
    fd_close(fd);
}

/*
 * Every call that takes a name, on one that may lead outside at any moment. What it does inside is
 * fine; what it opens or sees must lie inside. What it changes outside, the spec finds.
 */
static inline void poke(int fd, const char *name, size_t length)
{
    static const int flags[] = { 0, CREAT, CREAT | EXCL, TRUNC, DIRECTORY, CREAT | TRUNC };
    static const uint64_t rights[] = { READ, WRITE, READ | WRITE, AS_DIRECTORY };
    uint64_t stat[8] = { 0 };
    char text[64] = { 0 };
    size_t used;

    for (int lookup = 0; lookup <= FOLLOW; lookup++) {
        for (size_t f = 0; f < sizeof flags / sizeof *flags; f++) {
            for (size_t r = 0; r < sizeof rights / sizeof *rights; r++) {
                int opened = -1;
                int error = path_open(fd, lookup, name, length, flags[f], rights[r], ALL, 0, &opened);

                if (error == 0 && (rights[r] & WRITE) != 0) write_to(opened, "written by a guest");
                must_be_inside(error == 0 ? opened : -1, "path_open", name);
            }
        }
        tried++;
        if (path_filestat_get(fd, lookup, name, length, stat) == 0 && is_outside(stat[1])) {
            got_through("path_filestat_get", name);
        }
        path_filestat_set_times(fd, lookup, name, length, 0, 0, 5);
        path_link(fd, lookup, name, length, TOP, "linked", 6);
        must_be_inside(open_at(TOP, "linked", 0, READ), "path_link", name);
        path_unlink_file(TOP, "linked", 6);
    }
    path_create_directory(fd, name, length);
    path_remove_directory(fd, name, length);
    path_readlink(fd, name, length, text, sizeof text - 1, &used);
    must(text[0] != '/', "path_readlink shows an absolute path", name);
    make(TOP, "ours");
    path_link(TOP, 0, "ours", 4, fd, name, length);
    path_rename(TOP, "ours", 4, fd, name, length);
    path_rename(fd, name, length, TOP, "taken", 5);
    must_be_inside(open_at(TOP, "taken", 0, READ), "path_rename", name);
    path_unlink_file(TOP, "taken", 5);
    path_unlink_file(TOP, "ours", 4);
    path_symlink("ours", 4, fd, name, length);
    path_unlink_file(fd, name, length);
    tried += 10;
}

/* The same on a name that always leads outside: no call may succeed. */
static inline void try_all(int fd, const char *name, size_t length)
{
    static const int flags[] = { 0, CREAT, CREAT | EXCL, TRUNC, DIRECTORY, CREAT | TRUNC };
    static const uint64_t rights[] = { 0, READ, WRITE, READ | WRITE, AS_DIRECTORY, ALL };
    uint64_t stat[8];
    char text[64];
    size_t used;
    int opened;

    make(TOP, "ours");
    for (int lookup = 0; lookup <= FOLLOW; lookup++) {
        for (size_t f = 0; f < sizeof flags / sizeof *flags; f++) {
            for (size_t r = 0; r < sizeof rights / sizeof *rights; r++) {
                must_fail(path_open(fd, lookup, name, length, flags[f], rights[r], ALL, 0, &opened),
                          "path_open", name);
            }
        }
        must_fail(path_filestat_get(fd, lookup, name, length, stat), "path_filestat_get", name);
        must_fail(path_filestat_set_times(fd, lookup, name, length, 0, 0, 5),
                  "path_filestat_set_times", name);
        must_fail(path_link(fd, lookup, name, length, TOP, "linked", 6), "path_link from", name);
        must_fail(path_link(TOP, lookup, "ours", 4, fd, name, length), "path_link to", name);
    }
    must_fail(path_create_directory(fd, name, length), "path_create_directory", name);
    must_fail(path_remove_directory(fd, name, length), "path_remove_directory", name);
    must_fail(path_unlink_file(fd, name, length), "path_unlink_file", name);
    must_fail(path_rename(fd, name, length, TOP, "taken", 5), "path_rename from", name);
    must_fail(path_rename(TOP, "ours", 4, fd, name, length), "path_rename to", name);
    must_fail(path_symlink("ours", 4, fd, name, length), "path_symlink at", name);
    must_fail(path_readlink(fd, name, length, text, sizeof text, &used), "path_readlink", name);
}

static inline void try_name(int fd, const char *name)
{
    try_all(fd, name, strlen(name));
}

#endif
