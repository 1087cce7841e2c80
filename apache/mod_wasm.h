/*
 * mod_wasm.h -- the records that the files of mod_wasm share.
 *
 * directives.c  configuration text -> records
 * server.c      ... those of a server
 * merge.c       how records merge
 * hosts.c       WasmAllowHost
 * override.c    what an .htaccess may use (WasmAllowOverride)
 * paths.c       the files and directories that directives name
 * limits.c      what a run may use up
 * params.c      one merged record -> FastCGI params
 * signature.c   HMAC-SHA1
 * handler.c     one request: set the params, hand it over
 * whole.c       half an answer closes the connection
 * check.c       what configtest can tell of a server
 * target.c      WasmServer: where requests go, and its workers
 * pools.c       WasmPool: responders with a user of their own
 * preload.c     the modules that a responder loads at its start
 * supervise.c   the responders that httpd starts itself
 * command.c     ... their words
 * spawn.c       ... their processes
 * socket.c      ... their sockets
 * dump.c        what the configuration means, for `wasm-fcgi check`
 * mod_wasm.c    hooks
 */
#ifndef MOD_WASM_H
#define MOD_WASM_H

#include "httpd.h"
#include "http_config.h"
#include "http_core.h"
#include "http_log.h"
#include "http_protocol.h"
#include "apr_hash.h"
#include "apr_lib.h"
#include "apr_strings.h"

#define WASM_HANDLER "wasm-handler"

/* mod_proxy_fcgi silently drops a name and value of over 16,384 bytes */
#define WASM_VALUE_MAX 16000
/* mod_fcgid carries all params in one record of 65,535 bytes; the rest of
 * it is left to the request's own headers and variables */
#define WASM_FCGID_MAX 49152
#define WASM_KEY_MIN 32
#define WASM_KEY_MAX 4000
#define WASM_FLAG_UNSET (-1)

extern module AP_MODULE_DECLARE_DATA wasm_module;

typedef struct {
    const char *name;
    const char *value;
} wasm_pair;

/* A file or directory that a program may have, and who said so. */
typedef struct {
    const char *guest;      /* WasmMapDir: the name inside; else NULL */
    const char *host;
    int read_only;
    const char *tenant;     /* directory of the .htaccess; NULL: the admin */
    const char *source;     /* with tenant: "file:line: directive" */
} wasm_grant;

/* WasmAllowHost: one origin */
typedef struct {
    const char *rule;       /* "private GET,HEAD https://host:port" */
    int tenant;             /* an .htaccess says so */
} wasm_host;
/* What a path has to lead to. */
typedef enum {
    WASM_PATH_MODULE,       /* a file with WebAssembly in it */
    WASM_PATH_DIRECTORY,
    WASM_PATH_WATCHED       /* anything, also what is not there yet */
} wasm_path_kind;

/* By row of the table in limits.c. */
#define WASM_LIMITS 18
typedef apr_int64_t wasm_limits[WASM_LIMITS];

/* A WasmPool, or as "" the common responder of WasmServer auto. The last
 * three are made at start. */
typedef struct {
    const char *name;
    const char *user;       /* NULL until start: httpd's */
    uid_t uid;
    gid_t gid;
    apr_array_header_t *options;        /* const char *: --name=value */
    const char *socket;
    const char *key;
    const char *handler;    /* what r->handler becomes */
} wasm_pool;

/* What WasmAllowOverride tells apart; the table is in override.c. */
#define WASM_CLASSES 8
#define WASM_CLASS_LIMITS 5

/* Per directory. Unset is NULL, WASM_FLAG_UNSET or 0; lists start NULL. */
typedef struct {
    int used;               /* any of our directives stands here */
    const char *root;
    const char *pool;       /* WasmUsePool */
    int allow;              /* WasmAllowOverride: a bit for each class */
    const char *tenant_uses[WASM_CLASSES];  /* "file:line: directive" */
    const wasm_grant *module;
    const char *entry_point;
    const char *content_type;
    int cgi;
    int map_names;
    int snapshot;
    apr_int64_t snapshot_age;           /* ms; 0 is unset */
    wasm_limits limits;                 /* the admin's */
    wasm_limits lower;                  /* .htaccess: may only lower them */
    apr_array_header_t *args;           /* const char * */
    apr_array_header_t *env;            /* wasm_pair */
    apr_array_header_t *dirs;           /* wasm_grant */
    apr_array_header_t *maps;           /* wasm_grant */
    apr_array_header_t *hosts;          /* wasm_host */
    apr_array_header_t *watched;        /* wasm_grant: WasmSnapshotWatch */
    apr_array_header_t *htaccess_roots; /* const char * */
} wasm_dir_conf;

typedef enum {
    WASM_SERVER_UNSET,
    WASM_SERVER_AUTO,
    WASM_SERVER_SOCKET,     /* unix:/path */
    WASM_SERVER_TCP,        /* host:port */
    WASM_SERVER_BALANCER,   /* balancer://name */
    WASM_SERVER_FCGID
} wasm_server_mode;

/* Per server. The last three are made at start from the others. */
typedef struct {
    wasm_server_mode mode;
    const char *address;    /* path, host:port or balancer name */
    const char *key_file;
    apr_array_header_t *command;        /* main server only */
    apr_hash_t *pools;      /* wasm_pool by name; main server only */
    apr_array_header_t *uses_pools;     /* const char *: named in sections */
    int used;               /* sections of this server use Wasm */
    const char *handler;    /* what r->handler becomes; NULL: no responder */
    const char *key;        /* NULL: params are not signed */
} wasm_server_conf;

/* directives.c */
extern const command_rec wasm_commands[];
const char *wasm_refused(cmd_parms *cmd, const char *value,
                         const char *problem);
void *wasm_push(apr_pool_t *p, apr_array_header_t **list, int size);

/* server.c */
wasm_server_conf *wasm_server_conf_of(server_rec *s);
const char *wasm_set_server(cmd_parms *cmd, void *conf, const char *where);
const char *wasm_set_command(cmd_parms *cmd, void *conf, const char *words);
const char *wasm_set_key_file(cmd_parms *cmd, void *conf, const char *path);

/* merge.c */
void *wasm_create_dir_conf(apr_pool_t *p, char *dir);
void *wasm_merge_dir_conf(apr_pool_t *p, void *base, void *add);
void *wasm_create_server_conf(apr_pool_t *p, server_rec *s);
void *wasm_merge_server_conf(apr_pool_t *p, void *base, void *add);

/* hosts.c */
const char *wasm_allow_host(cmd_parms *cmd, void *conf, const char *line);

/* override.c */
void wasm_note_use(cmd_parms *cmd, wasm_dir_conf *conf);
const char *wasm_set_allow_override(cmd_parms *cmd, void *conf,
                                    const char *words);
void wasm_merge_override(wasm_dir_conf *conf, const wasm_dir_conf *base);
const char *wasm_override_fault(apr_pool_t *p, const wasm_dir_conf *conf);

/* paths.c */
const char *wasm_path_in_force(cmd_parms *cmd, const wasm_dir_conf *conf,
                               const char *path, wasm_path_kind kind);
const char *wasm_module_fault(apr_pool_t *p, const char *path);
const char *wasm_directory_fault(apr_pool_t *p, const char *path);
const char *wasm_grant_fault(cmd_parms *cmd, const wasm_grant *grant,
                             wasm_path_kind kind);
int wasm_is_beneath(const char *path, const char *directory);
int wasm_in_htaccess(cmd_parms *cmd);
const char *wasm_htaccess_directory(cmd_parms *cmd);

/* limits.c */
void wasm_limits_unset(wasm_limits limits);
const char *wasm_limit_set(apr_pool_t *p, wasm_limits limits,
                           const char *name, const char *text);
void wasm_limits_merge(wasm_dir_conf *conf, const wasm_dir_conf *base,
                       const wasm_dir_conf *add);
int wasm_limit_param(apr_pool_t *p, const wasm_limits limits, int i,
                     const char *prefix, wasm_pair *param);
const char *wasm_snapshot_age_set(apr_int64_t *age, const char *text);
apr_interval_time_t wasm_limit_timeout(apr_pool_t *p, const char *directive,
                                       const char *args);

/* signature.c */
const char *wasm_hmac_sha1(apr_pool_t *p, const char *key,
                           apr_size_t key_length, const char *text,
                           apr_size_t text_length);

/* params.c */
const char *wasm_params_of(apr_pool_t *p, const wasm_dir_conf *conf,
                           const wasm_grant *module,
                           apr_array_header_t **params);
apr_size_t wasm_params_length(const apr_array_header_t *params);
const char *wasm_params_signature(apr_pool_t *p, apr_array_header_t *params,
                                  const char *key);
const char *wasm_name_after(const char *name, const char *prefix);
void wasm_params_unset(request_rec *r, const char *prefix);

/* handler.c */
int wasm_handler(request_rec *r);

/* whole.c */
void wasm_whole_register(void);
void wasm_whole_or_closed(request_rec *r);

/* users.c */
void wasm_find_users(server_rec *main_server, apr_interval_time_t *longest);
int wasm_server_needed(server_rec *main_server, server_rec *s);

/* key.c */
const char *wasm_key_owner_fault(apr_pool_t *p, const char *file);
const char *wasm_read_key(apr_pool_t *p, const char *file, const char **key);

/* check.c */
int wasm_check_targets(apr_pool_t *p, server_rec *main_server);

/* target.c */
int wasm_server_is_auto(const wasm_server_conf *conf);
int wasm_define_targets(apr_pool_t *p, server_rec *main_server,
                        const wasm_pool *common,
                        apr_interval_time_t longest);

/* pools.c */
const char *wasm_set_pool(cmd_parms *cmd, void *conf, const char *line);
const char *wasm_use_pool(cmd_parms *cmd, void *conf, const char *name);
wasm_pool *wasm_common_pool(apr_pool_t *p);
wasm_pool *wasm_pool_named(server_rec *main_server, const char *name);
int wasm_pools_start(apr_pool_t *p, server_rec *main_server);

/* preload.c */
apr_array_header_t *wasm_modules_of(apr_pool_t *p, server_rec *main_server,
                                    const char *pool);

/* dump.c */
int wasm_is_dump(void);
void wasm_complain(server_rec *s, const char *fault);
void wasm_dump_register(apr_pool_t *p);

/* supervise.c */
int wasm_responder_start(apr_pool_t *p, server_rec *s, wasm_pool *pool,
                         const char *key_file,
                         const apr_array_header_t *command);
void wasm_responders_stop_others(void);
void wasm_responders_forget(void);

#endif
