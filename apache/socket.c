/*
 * socket.c -- the listening sockets of the responders that httpd starts.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "unixd.h"
#include "supervise.h"

#define BACKLOG 511
#define SOCKET_PATH_MAX 95      /* mod_proxy's */

/* "Wasm responder", or "Wasm responder of WasmPool x" */
const char *wasm_called(const responder *w)
{
    if (!*w->name)
        return "Wasm responder";
    return apr_pstrcat(w->conf_pool, "Wasm responder of WasmPool ", w->name,
                       NULL);
}

/* Nobody else may put a socket in the place of ours. */
static const char *directory_fault(apr_pool_t *p, const char *path)
{
    const char *directory = ap_make_dirstr_parent(p, path);
    struct stat info;

    if (stat(directory, &info) < 0)
        return apr_psprintf(p, "%s: %s", directory, strerror(errno));
    if (info.st_mode & S_IWOTH)
        return apr_psprintf(p, "%s may be written by everybody (mode %04o): "
                            "chmod o-w", directory, info.st_mode & 07777);
    if (info.st_uid != 0 && info.st_uid != geteuid())
        return apr_psprintf(p, "%s belongs to uid %ld; it must belong to "
                            "root or to uid %ld", directory,
                            (long)info.st_uid, (long)geteuid());
    return NULL;
}

static const char *socket_path(apr_pool_t *p, const responder *w)
{
    return ap_runtime_dir_relative(p, apr_psprintf(p, "wasm-fcgi.%ld.%s%s"
                                   "sock", (long)getpid(), w->name,
                                   *w->name ? "." : ""));
}

/* Only httpd's User can connect. Kept across restarts, unless somebody
 * removed it. */
int wasm_socket_open(responder *w)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *fault;
    struct stat info;
    mode_t mask;
    int failed;

    if (w->socket >= 0) {
        if (lstat(w->path, &info) == 0 && S_ISSOCK(info.st_mode))
            return 0;
        close(w->socket);
        w->socket = -1;
    }
    w->path = apr_pstrdup(w->process_pool, socket_path(w->conf_pool, w));
    fault = directory_fault(w->conf_pool, w->path);
    if (strlen(w->path) > SOCKET_PATH_MAX)
        fault = apr_psprintf(w->conf_pool, "a socket's path has at most %d "
                             "bytes; set a shorter DefaultRuntimeDir",
                             SOCKET_PATH_MAX);
    if (fault) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, w->server, "%s: %s",
                     w->path, fault);
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
        ap_log_error(APLOG_MARK, APLOG_EMERG, errno, w->server,
                     "cannot listen on %s for the %s", w->path, wasm_called(w));
        if (w->socket >= 0)
            close(w->socket);
        w->socket = -1;
        return 1;
    }
    return 0;
}

void wasm_socket_close(responder *w)
{
    if (w->socket >= 0) {
        close(w->socket);
        unlink(w->path);
        w->socket = -1;
    }
}
