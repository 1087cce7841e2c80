/*
 * supervise.c -- the responder that httpd starts itself (WasmServer auto).
 *
 * httpd's parent process owns the listening socket for its whole life, so
 * that a restart of either side refuses no connection: what comes in between
 * waits in the backlog. The responder gets it as fd 0 and the key on fd 3.
 *
 * The record lives in retained data, because a restart clears pconf and
 * unloads this very file; only registrations are made anew each time.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif
#include "ap_mpm.h"
#include "http_main.h"
#include "mpm_common.h"
#include "unixd.h"
#include "mod_wasm.h"

/* a new layout of the record needs a new name */
#define RETAINED "mod_wasm responder 1"
#define BACKLOG 511
#define SOCKET_PATH_MAX 95      /* mod_proxy's */
#define FAST_DEATH apr_time_from_sec(10)
#define FAST_DEATHS_MAX 5     /* after pauses of 0, 1, 2 and 4 s */
#define JUST_STARTED apr_time_from_sec(5)
#define STANDARD_PATH \
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

typedef struct {
    apr_proc_t proc;        /* pid 0: none runs */
    pid_t parent;
    int socket;             /* -1: none is open */
    const char *path;
    const char *key;
    char **argv;
    uid_t uid;
    gid_t gid;
    dev_t log_device;       /* its stderr: the main error log */
    ino_t log_inode;
    apr_time_t started;
    int fast_deaths;
    apr_pool_t *process_pool;
    apr_pool_t *conf_pool;  /* of the running configuration */
    server_rec *server;
} responder;

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
    dprintf(2, "mod_wasm: cannot run %s: %s: %s\n", w->argv[0], what,
            strerror(errno));
}

/* The forked child, up to exec. Returns only when that failed. */
static void become(const responder *w, int key, unsigned delay)
{
    char *environment[] = {(char *)"PATH=" STANDARD_PATH, NULL};
    sigset_t none;
    int number, socket;

    sigemptyset(&none);
    for (number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    umask(022);
    if (ap_run_drop_privileges(w->conf_pool, w->server) > 0
        || (geteuid() == 0 && ap_unixd_config.user_id != 0)) {
        complain(w, "cannot become the User of this server");
        return;
    }
#ifdef __linux__
    /* after the change of user, which would clear it: whatever ends httpd
     * ends the responder too */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
    if (getppid() != w->parent)
        _exit(0);
    socket = fcntl(w->socket, F_DUPFD, 10);
    key = fcntl(key, F_DUPFD, 10);
    if (chdir("/") < 0 || dup2(socket, 0) < 0 || dup2(2, 1) < 0
        || dup2(key, 3) < 0) {
        complain(w, "its file descriptors");
        return;
    }
    close_from(4);
    if (delay)
        sleep(delay);
    environ = environment;
    execvp(w->argv[0], w->argv);
    complain(w, "exec");
}

static void on_change(int reason, void *data, int status);

static int spawn(responder *w, unsigned delay)
{
    ssize_t length = (ssize_t)strlen(w->key);
    struct stat log;
    int ends[2];
    pid_t pid;

    if (pipe(ends) < 0) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, errno, w->server,
                     "cannot make a pipe for the Wasm responder");
        return 1;
    }
    pid = write(ends[1], w->key, length) == length ? fork() : -1;
    if (pid == 0) {
        become(w, ends[0], delay);
        _exit(127);
    }
    close(ends[0]);
    close(ends[1]);
    if (pid < 0) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, errno, w->server,
                     "cannot fork the Wasm responder");
        return 1;
    }
    if (fstat(2, &log) == 0) {
        w->log_device = log.st_dev;
        w->log_inode = log.st_ino;
    }
    w->proc.pid = pid;
    w->started = apr_time_now() + apr_time_from_sec(delay);
    apr_proc_other_child_register(&w->proc, on_change, w, NULL,
                                  w->conf_pool);
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, w->server,
                 "Wasm responder %s: pid %ld, on %s", w->argv[0], (long)pid,
                 w->path);
    return 0;
}

static void close_socket(responder *w)
{
    if (w->socket >= 0) {
        close(w->socket);
        unlink(w->path);
        w->socket = -1;
    }
}

static void restart_dead(responder *w, int status)
{
    unsigned delay = 0;

    if (apr_time_now() - w->started > FAST_DEATH)
        w->fast_deaths = 0;
    w->fast_deaths++;
    if (w->fast_deaths >= FAST_DEATHS_MAX) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, w->server,
                     "Wasm responder %s ended at once %d times in a row "
                     "(status %d): given up, its requests get 503; repair "
                     "it and restart httpd gracefully", w->argv[0],
                     w->fast_deaths, status);
        close_socket(w);    /* or clients would wait in its backlog */
        return;
    }
    if (w->fast_deaths > 1)
        delay = 1u << (w->fast_deaths - 2);
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, w->server,
                 "Wasm responder ended (status %d); starting it again%s",
                 status, delay ? " after a pause" : "");
    spawn(w, delay);
}

static int is_stopping(void)
{
    int state;

    return ap_mpm_query(AP_MPMQ_MPM_STATE, &state) == APR_SUCCESS
           && state == AP_MPMQ_STOPPING;
}

static void on_change(int reason, void *data, int status)
{
    responder *w = data;
    pid_t pid = w->proc.pid;

    switch (reason) {
    case APR_OC_REASON_DEATH:
    case APR_OC_REASON_LOST:
        w->proc.pid = 0;
        apr_proc_other_child_unregister(w);
        if (!is_stopping())
            restart_dead(w, status);
        break;
    case APR_OC_REASON_UNREGISTER:
        /* pconf goes: at a restart it lives on, at the end it drains */
        if (pid > 0 && getpid() == w->parent
            && ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_EXITING) {
            kill(pid, SIGTERM);
            close_socket(w);
        }
        break;
    default:    /* APR_OC_REASON_RESTART: alive while httpd restarts */
        break;
    }
}

/* Only so that httpd knows the pid when it comes home. */
static void on_drained(int reason, void *data, int status)
{
    (void)status;
    if (reason == APR_OC_REASON_DEATH || reason == APR_OC_REASON_LOST)
        apr_proc_other_child_unregister(data);
}

static void drain(responder *w, apr_pool_t *conf_pool)
{
    apr_proc_t *old = apr_pmemdup(w->process_pool, &w->proc, sizeof(*old));

    kill(old->pid, SIGTERM);
    apr_proc_other_child_register(old, on_drained, old, NULL, conf_pool);
    w->proc.pid = 0;
}

/* Kept across restarts, unless somebody removed it. */
static int open_socket(responder *w, apr_pool_t *p, server_rec *s)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat info;
    mode_t mask;
    int failed;

    if (w->socket >= 0) {
        if (lstat(w->path, &info) == 0 && S_ISSOCK(info.st_mode))
            return 0;
        close(w->socket);
    }
    w->path = apr_pstrdup(w->process_pool, ap_runtime_dir_relative(p,
        apr_psprintf(p, "wasm-fcgi.%ld.sock", (long)getpid())));
    if (strlen(w->path) > SOCKET_PATH_MAX) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s, "%s: a socket's path "
                     "has at most %d bytes; set a shorter DefaultRuntimeDir",
                     w->path, SOCKET_PATH_MAX);
        return 1;
    }
    apr_cpystrn(address.sun_path, w->path, sizeof(address.sun_path));
    unlink(w->path);
    w->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    mask = umask(0177);
    failed = w->socket < 0
             || bind(w->socket, (struct sockaddr *)&address,
                     sizeof(address)) < 0;
    umask(mask);
    if (failed || (geteuid() == 0
                   && chown(w->path, ap_unixd_config.user_id,
                            ap_unixd_config.group_id) < 0)
        || listen(w->socket, BACKLOG) < 0) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, errno, s,
                     "cannot listen on %s for the Wasm responder", w->path);
        if (w->socket >= 0)
            close(w->socket);
        w->socket = -1;
        return 1;
    }
    return 0;
}

static const char *new_key(apr_pool_t *p)
{
    unsigned char bytes[32];
    char *text = apr_palloc(p, 2 * sizeof(bytes) + 1);

    if (apr_generate_random_bytes(bytes, sizeof(bytes)) != APR_SUCCESS)
        return NULL;
    ap_bin2hex(bytes, sizeof(bytes), text);
    return text;
}

/* The words of WasmCommand and what every responder is told, with NULL. */
static char **command_of(apr_pool_t *p, const wasm_server_conf *conf)
{
    static const char *const usual[] = {"wasm-fcgi", "serve"};
    static const char *const told[] = {"--listen", "fd:0", "--key-fd", "3"};
    apr_array_header_t *argv = apr_array_make(p, 8, sizeof(char *));
    int count = conf->command ? conf->command->nelts : 2;
    int i;

    for (i = 0; i < count; i++)
        APR_ARRAY_PUSH(argv, char *) = apr_pstrdup(p, conf->command
            ? APR_ARRAY_IDX(conf->command, i, const char *) : usual[i]);
    for (i = 0; i < 4; i++)
        APR_ARRAY_PUSH(argv, char *) = apr_pstrdup(p, told[i]);
    APR_ARRAY_PUSH(argv, char *) = NULL;
    return (char **)argv->elts;
}

static int same_words(char **a, char **b)
{
    for (; *a && *b; a++, b++) {
        if (strcmp(*a, *b) != 0)
            return 0;
    }
    return *a == *b;
}

/* Can the one that runs go on under the new configuration? Its stderr must
 * still be the error log, which a rotation replaces. */
static int still_fits(const responder *w, char **argv, const char *key,
                      int old_socket)
{
    struct stat log;

    return w->proc.pid > 0 && waitpid(w->proc.pid, NULL, WNOHANG) == 0
           && w->socket == old_socket
           && same_words(w->argv, argv) && strcmp(w->key, key) == 0
           && w->uid == ap_unixd_config.user_id
           && w->gid == ap_unixd_config.group_id
           && fstat(2, &log) == 0 && log.st_dev == w->log_device
           && log.st_ino == w->log_inode;
}

static responder *retained(void)
{
    return ap_retained_data_get(RETAINED);
}

/* Starts the responder, or takes over the one of before the restart. */
int wasm_responder_start(apr_pool_t *p, server_rec *s,
                         const char **socket_path, const char **key)
{
    wasm_server_conf *conf
        = ap_get_module_config(s->module_config, &wasm_module);
    responder *w = retained();
    const char *fault;
    char **argv;
    int old_socket;

    if (!w) {
        w = ap_retained_data_create(RETAINED, sizeof(*w));
        w->socket = -1;
        w->process_pool = s->process->pool;
        w->parent = getpid();
    }
    w->conf_pool = p;
    w->server = s;
    w->fast_deaths = 0;
    old_socket = w->socket;
    if (open_socket(w, p, s))
        return 1;

    argv = command_of(p, conf);
    *key = w->key;
    if (conf->key_file) {
        fault = wasm_read_key(p, conf->key_file, key);
        if (fault) {
            ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s, "WasmKeyFile %s: %s",
                         conf->key_file, fault);
            return 1;
        }
    }
    else if (!*key) {
        *key = new_key(w->process_pool);
    }
    if (!*key) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s, "no random bytes");
        return 1;
    }
    *socket_path = w->path;

    if (w->proc.pid > 0 && still_fits(w, argv, *key, old_socket)) {
        if (apr_time_now() - w->started > JUST_STARTED)
            kill(w->proc.pid, SIGHUP);      /* read your ini again */
        apr_proc_other_child_register(&w->proc, on_change, w, NULL, p);
        return 0;
    }
    if (w->proc.pid > 0)
        drain(w, p);
    w->key = apr_pstrdup(w->process_pool, *key);
    w->argv = command_of(w->process_pool, conf);
    w->uid = ap_unixd_config.user_id;
    w->gid = ap_unixd_config.group_id;
    return spawn(w, 0);
}

/* The new configuration needs none. */
void wasm_responder_stop(void)
{
    responder *w = retained();

    if (!w)
        return;
    if (w->proc.pid > 0)
        kill(w->proc.pid, SIGTERM);
    w->proc.pid = 0;
    close_socket(w);
}

/* In httpd's children: the socket is the parent's. */
void wasm_responder_forget(void)
{
    responder *w = retained();

    if (w && w->socket >= 0 && getpid() != w->parent)
        close(w->socket);
}
