/*
 * supervise.c -- the responders that httpd starts itself: the common one of
 * WasmServer auto, and one for each WasmPool.
 *
 * httpd's parent process owns the listening sockets for its whole life, so
 * that a restart of either side refuses no connection: what comes in between
 * waits in the backlog. Each responder has a socket, a key and a count of
 * failures of its own: what becomes of one is nothing to the others.
 *
 * The records live in retained data, because a restart clears pconf and
 * unloads this very file; only registrations are made anew each time.
 */
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "ap_mpm.h"
#include "http_main.h"
#include "unixd.h"
#include "supervise.h"

/* a new layout of the record needs a new name */
#define RETAINED "mod_wasm responders 3"
#define FAST_DEATH apr_time_from_sec(10)
#define FAST_DEATHS_MAX 5     /* after pauses of 0, 1, 2 and 4 s */

/* All there ever were, the one that was made last first. */
static responder **retained(void)
{
    responder **first = ap_retained_data_get(RETAINED);

    return first ? first : ap_retained_data_create(RETAINED, sizeof(*first));
}

static void on_change(int reason, void *data, int status);
static void on_guard(int reason, void *data, int status);

static void watch(responder *w)
{
    apr_proc_other_child_register(&w->proc, on_change, w, NULL,
                                  w->conf_pool);
    if (w->guard && w->guard->proc.pid > 0)
        apr_proc_other_child_register(&w->guard->proc, on_guard, w->guard,
                                      NULL, w->conf_pool);
}

static int start(responder *w, unsigned delay)
{
    if (wasm_spawn(w, delay))
        return 1;
    watch(w);
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, w->server,
                 "%s %s: pid %ld, on %s", wasm_called(w), w->argv[0],
                 (long)w->proc.pid, w->path);
    return 0;
}

static void restart_dead(responder *w, int status)
{
    unsigned delay = 0;

    if (apr_time_now() - w->started > FAST_DEATH)
        w->fast_deaths = 0;
    w->fast_deaths++;
    if (w->fast_deaths >= FAST_DEATHS_MAX) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, w->server,
                     "%s %s ended at once %d times in a row (status %d): "
                     "given up, its requests get 503; repair it and restart "
                     "httpd gracefully", wasm_called(w), w->argv[0],
                     w->fast_deaths, status);
        wasm_socket_close(w);    /* or clients would wait in its backlog */
        return;
    }
    if (w->fast_deaths > 1)
        delay = 1u << (w->fast_deaths - 2);
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, w->server,
                 "%s ended (status %d); starting it again%s", wasm_called(w),
                 status, delay ? " after a pause" : "");
    start(w, delay);
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
            wasm_socket_close(w);
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

/* From now on it is a process that finishes what it has. */
static void let_go(responder *w)
{
    apr_proc_t *old = apr_pmemdup(w->process_pool, &w->proc, sizeof(*old));

    w->proc.pid = 0;
    apr_proc_other_child_register(old, on_drained, old, NULL, w->conf_pool);
}

/* A guard ended. With 0 its responder takes no more connections and drains,
 * so another one has to take them; that is no failure to be counted. */
static void on_guard(int reason, void *data, int status)
{
    wasm_guard *guard = data;
    responder *w = guard->of;

    if (reason != APR_OC_REASON_DEATH && reason != APR_OC_REASON_LOST)
        return;
    guard->proc.pid = 0;
    apr_proc_other_child_unregister(guard);
    if (status != 0 || w->guard != guard || w->proc.pid <= 0 || is_stopping())
        return;
    apr_proc_other_child_unregister(w);
    let_go(w);
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, w->server, "%s takes no more "
                 "connections; starting another one", wasm_called(w));
    start(w, 0);
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

/* Can the one that runs go on under the new configuration? Its stderr must
 * still be the error log, which a rotation replaces. */
static int still_fits(const responder *w, char **argv, const char *key,
                      int old_socket, const wasm_pool *pool)
{
    struct stat log;

    return waitpid(w->proc.pid, NULL, WNOHANG) == 0
           && w->socket == old_socket
           && wasm_same_words(w->argv, argv) && strcmp(w->key, key) == 0
           && w->uid == pool->uid && w->gid == pool->gid
           && fstat(2, &log) == 0 && log.st_dev == w->log_device
           && log.st_ino == w->log_inode;
}

static responder *record_of(const char *name, server_rec *s)
{
    responder **first = retained();
    apr_pool_t *p = s->process->pool;
    responder *w;

    for (w = *first; w; w = w->next) {
        if (strcmp(w->name, name) == 0)
            return w;
    }
    w = apr_pcalloc(p, sizeof(*w));
    w->name = apr_pstrdup(p, name);
    w->socket = -1;
    w->process_pool = p;
    w->parent = getpid();
    w->next = *first;
    *first = w;
    return w;
}

/* A key file's, else a random one that stays until httpd stops or the pool
 * gets another user. */
static const char *key_of(const responder *w, const char *key_file,
                          const wasm_pool *pool, const char **key)
{
    if (key_file)
        return wasm_read_key(w->conf_pool, key_file, key);
    *key = w->key && w->uid == pool->uid ? w->key : new_key(w->process_pool);
    return *key ? NULL : "no random bytes";
}

/* Starts the responder of a pool, or takes over the one of before the
 * restart, and fills in its socket and key. */
int wasm_responder_start(apr_pool_t *p, server_rec *s, wasm_pool *pool,
                         const char *key_file,
                         const apr_array_header_t *command)
{
    responder *w = record_of(pool->name, s);
    int old_socket = w->socket;
    const char *key = NULL;
    const char *fault;
    char **argv;

    w->wanted = 1;
    w->conf_pool = p;
    w->server = s;
    w->fast_deaths = 0;
    fault = key_of(w, key_file, pool, &key);
    if (fault) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s, "key of the %s: %s",
                     wasm_called(w), fault);
        return 1;
    }
    if (wasm_socket_open(w))
        return 1;
    pool->socket = w->path;
    pool->key = key;

    argv = wasm_command_of(p, command, pool->options);
    if (w->proc.pid > 0 && still_fits(w, argv, key, old_socket, pool)) {
        kill(w->proc.pid, SIGHUP);      /* read your ini again */
        watch(w);
        return 0;
    }
    if (w->proc.pid > 0) {
        kill(w->proc.pid, SIGTERM);
        let_go(w);
    }
    w->key = apr_pstrdup(w->process_pool, key);
    w->argv = wasm_command_of(w->process_pool, command, pool->options);
    w->words = wasm_with_modules(w->process_pool, w->argv,
                                 wasm_modules_of(p, s, pool->name));
    w->user = apr_pstrdup(w->process_pool, pool->user);
    w->uid = pool->uid;
    w->gid = pool->gid;
    return start(w, 0);
}

/* Ends those that were not started, or taken over, since the last call. */
void wasm_responders_stop_others(void)
{
    responder *w;

    for (w = *retained(); w; w = w->next) {
        if (!w->wanted) {
            if (w->proc.pid > 0)
                kill(w->proc.pid, SIGTERM);
            w->proc.pid = 0;
            wasm_socket_close(w);
        }
        w->wanted = 0;
    }
}

/* In httpd's children: the sockets are the parent's. */
void wasm_responders_forget(void)
{
    responder *w;

    for (w = *retained(); w; w = w->next) {
        if (w->socket >= 0 && getpid() != w->parent)
            close(w->socket);
    }
}
