/*
 * spawn.c -- forks a responder and its guard.
 *
 * The responder gets the listening socket as fd 0, the key on fd 3 and on
 * fd 4 the end of a pipe: it writes a byte when it takes no more connections,
 * which may be long before it ends. httpd's parent process looks for nothing
 * but processes that ended, so a second one, the guard, waits at the other
 * end and ends: with 0 when the byte came, with 1 when the responder died.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif
#include "mpm_common.h"
#include "unixd.h"
#include "supervise.h"

#define STANDARD_PATH \
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

extern char **environ;

static void close_from(int first)
{
    int fd;

#ifdef SYS_close_range
    if (syscall(SYS_close_range, (unsigned)first, ~0U, 0) == 0)
        return;
#endif
    for (fd = first; fd < 65536; fd++)
        close(fd);
}

static void complain(const responder *w, const char *what)
{
    dprintf(2, "mod_wasm: cannot run %s%s%s: %s: %s\n", w->argv[0],
            *w->name ? " for WasmPool " : "", w->name, what,
            strerror(errno));
}

/* Away from httpd: signals, session, user. Answers 0 when that failed. */
static int leave_home(const responder *w)
{
    sigset_t none;
    int number;

    sigemptyset(&none);
    for (number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    umask(022);
    /* this process is a copy: what unixd reads may say another user */
    ap_unixd_config.user_name = w->user;
    ap_unixd_config.user_id = w->uid;
    ap_unixd_config.group_id = w->gid;
    errno = 0;
    ap_run_drop_privileges(w->conf_pool, w->server);
    if (getuid() != w->uid || geteuid() != w->uid
        || getgid() != w->gid || getegid() != w->gid) {
        complain(w, apr_psprintf(w->conf_pool, "cannot become %s", w->user));
        return 0;
    }
#ifdef __linux__
    /* after the change of user, which would clear it: whatever ends httpd
     * ends these too */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    /* no setuid program gives it more rights than it has now */
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#endif
    if (getppid() != w->parent)
        _exit(0);
    return 1;
}

/* Gives fds their places, from 0 on, through numbers above them all. */
static int place(int *fds, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        if (fds[i] < 0)
            continue;
        fds[i] = fcntl(fds[i], F_DUPFD, 16);
        if (fds[i] < 0)
            return 0;
    }
    for (i = 0; i < count; i++) {
        if (fds[i] >= 0 && dup2(fds[i], i) < 0)
            return 0;
    }
    close_from(count);
    return 1;
}

/* The responder, up to exec. Returns only when that failed. */
static void become(const responder *w, int key, int serving, unsigned delay)
{
    char *environment[] = {(char *)"PATH=" STANDARD_PATH, NULL};
    int fds[] = {w->socket, 2, -1, key, serving};

    if (!leave_home(w))
        return;
    if (chdir("/") < 0 || !place(fds, 5)) {
        complain(w, "its file descriptors");
        return;
    }
    /* what comes before it listens for this has it read its ini once only */
    signal(SIGHUP, SIG_IGN);
    if (delay)
        sleep(delay);
    environ = environment;
    execvp(w->words[0], w->words);
    complain(w, "exec");
}

static void guard(const responder *w, int serving)
{
    int fds[] = {serving, -1, -1};
    ssize_t length;
    char byte;

    if (!leave_home(w) || chdir("/") < 0 || !place(fds, 3))
        _exit(1);
    do {
        length = read(0, &byte, 1);
    } while (length < 0 && errno == EINTR);
    _exit(length == 1 ? 0 : 1);
}

static pid_t fork_both(responder *w, int *key, int *serving, unsigned delay)
{
    pid_t pid = fork();

    if (pid == 0) {
        become(w, key[0], serving[1], delay);
        _exit(127);
    }
    if (pid < 0)
        return pid;
    w->guard = apr_pcalloc(w->process_pool, sizeof(*w->guard));
    w->guard->of = w;
    w->guard->proc.pid = fork();
    if (w->guard->proc.pid == 0) {
        close(serving[1]);
        guard(w, serving[0]);
    }
    return pid;
}

/* Starts w after so many seconds. The caller registers the processes. */
int wasm_spawn(responder *w, unsigned delay)
{
    ssize_t length = (ssize_t)strlen(w->key);
    int key[2] = {-1, -1};
    int serving[2] = {-1, -1};
    pid_t pid = -1;
    struct stat log;
    int i;

    if (pipe(key) == 0 && pipe(serving) == 0
        && write(key[1], w->key, length) == length) {
        close(key[1]);      /* the key ends here */
        key[1] = -1;
        pid = fork_both(w, key, serving, delay);
    }
    if (pid < 0)
        ap_log_error(APLOG_MARK, APLOG_CRIT, errno, w->server,
                     "cannot start the Wasm responder");
    for (i = 0; i < 2; i++) {
        if (key[i] >= 0)
            close(key[i]);
        if (serving[i] >= 0)
            close(serving[i]);
    }
    if (pid < 0)
        return 1;
    if (fstat(2, &log) == 0) {
        w->log_device = log.st_dev;
        w->log_inode = log.st_ino;
    }
    w->proc.pid = pid;
    w->started = apr_time_now() + apr_time_from_sec(delay);
    return 0;
}
