/*
 * pools.c -- WasmPool and WasmUsePool: responders with a user, limits, a
 * socket and a key of their own, and which requests go to them.
 */
#include <unistd.h>
#include "apr_user.h"
#include "unixd.h"
#include "mod_wasm.h"

#define NAME_MAX_LENGTH 32

/* What every responder is told; a pool has no say in it. */
static const char *const reserved[]
    = {"listen", "socket-mode", "socket-group", "key-fd", "key-file",
       "serving-fd", "pid-file", NULL};

static int is_name(const char *text, const char *more, apr_size_t max)
{
    const char *at;

    for (at = text; *at; at++) {
        if (!apr_isalnum(*at) && !ap_strchr_c(more, *at))
            return 0;
    }
    return at != text && (apr_size_t)(at - text) <= max && apr_isalnum(*text);
}

/* The common responder, as a pool: what WasmServer auto starts. */
wasm_pool *wasm_common_pool(apr_pool_t *p)
{
    wasm_pool *pool = apr_pcalloc(p, sizeof(*pool));
    int is_root = geteuid() == 0;

    pool->name = "";
    pool->user = ap_unixd_config.user_name;
    pool->uid = is_root ? ap_unixd_config.user_id : geteuid();
    pool->gid = is_root ? ap_unixd_config.group_id : getegid();
    return pool;
}

/* A name, or "#1000" as httpd's User has it. */
static const char *find_user(apr_pool_t *p, wasm_pool *pool)
{
    char *name = NULL;

    if (pool->user[0] == '#') {
        if (apr_uid_name_get(&name, (uid_t)atol(pool->user + 1), p)
            != APR_SUCCESS)
            return "there is no such user";
        pool->user = name;
    }
    if (apr_uid_get(&pool->uid, &pool->gid, pool->user, p) != APR_SUCCESS)
        return "there is no such user";
    if (pool->uid == 0)
        return "a pool does not run as root";
    return NULL;
}

static const char *find_group(apr_pool_t *p, wasm_pool *pool,
                              const char *group)
{
    if (group[0] == '#')
        pool->gid = (gid_t)atol(group + 1);
    else if (apr_gid_get(&pool->gid, group, p) != APR_SUCCESS)
        return "there is no such group";
    return NULL;
}

/* Without user= the pool has httpd's User, which stands anywhere in the
 * configuration. */
static const char *identity_fault(cmd_parms *cmd, wasm_pool *pool,
                                  const char *group)
{
    const char *fault = NULL;

    if (!pool->user)
        return group ? "group= needs user=" : NULL;
    fault = find_user(cmd->pool, pool);
    if (!fault && group)
        fault = find_group(cmd->pool, pool, group);
    if (!fault && pool->gid == 0)
        fault = "a pool does not run with root's group";
    if (!fault && geteuid() != 0 && pool->uid != geteuid()
        && !wasm_is_dump())
        fault = "only an httpd that is started as root can become somebody "
                "else";
    return fault;
}

static const char *option_fault(apr_pool_t *p, const char *name)
{
    int i;

    if (!is_name(name, "-", 40))
        return "an option is name=value, with a name of wasm-fcgi serve";
    for (i = 0; reserved[i]; i++) {
        if (strcmp(name, reserved[i]) == 0)
            return apr_psprintf(p, "%s is httpd's to say", name);
    }
    return NULL;
}

/* "WasmPool x: word: fault" */
static const char *refused(cmd_parms *cmd, const char *name,
                           const char *word, const char *fault)
{
    return apr_psprintf(cmd->pool, "WasmPool %.40s: %.200s%s%s", name, word,
                        *word ? ": " : "", fault);
}

static const char *read_option(cmd_parms *cmd, wasm_pool *pool,
                               const char *word, const char **group)
{
    const char *equals = ap_strchr_c(word, '=');
    const char *name = equals ? apr_pstrmemdup(cmd->pool, word, equals - word)
                              : word;
    const char *fault;

    if (!equals || !equals[1])
        return "an option is name=value, with a name of wasm-fcgi serve";
    if (strcmp(name, "user") == 0 || strcmp(name, "group") == 0) {
        const char **field = name[0] == 'u' ? &pool->user : group;

        if (*field)
            return "was given already";
        *field = equals + 1;
        return NULL;
    }
    fault = option_fault(cmd->pool, name);
    if (!fault)
        APR_ARRAY_PUSH(pool->options, const char *)
            = apr_pstrcat(cmd->pool, "--", word, NULL);
    return fault;
}

/* WasmPool name [user=name] [group=name] [option=value ...] */
const char *wasm_set_pool(cmd_parms *cmd, void *conf, const char *line)
{
    wasm_server_conf *server = wasm_server_conf_of(cmd->server);
    wasm_pool *pool = apr_pcalloc(cmd->pool, sizeof(*pool));
    const char *fault = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    const char *group = NULL;
    const char *word = "";

    (void)conf;
    if (fault)
        return fault;
    pool->options = apr_array_make(cmd->pool, 4, sizeof(const char *));
    pool->name = ap_getword_conf(cmd->pool, &line);
    if (!is_name(pool->name, "-_", NAME_MAX_LENGTH))
        return refused(cmd, pool->name, "", "a name has 1 to 32 letters, "
                       "digits, - and _, and starts with a letter or digit");
    if (!server->pools)
        server->pools = apr_hash_make(cmd->pool);
    if (apr_hash_get(server->pools, pool->name, APR_HASH_KEY_STRING))
        return refused(cmd, pool->name, "", "was defined already");
    while (!fault && *line) {
        word = ap_getword_conf(cmd->pool, &line);
        fault = read_option(cmd, pool, word, &group);
    }
    if (!fault) {
        word = pool->user ? pool->user : "";
        fault = identity_fault(cmd, pool, group);
    }
    if (fault)
        return refused(cmd, pool->name, word, fault);
    apr_hash_set(server->pools, pool->name, APR_HASH_KEY_STRING, pool);
    return NULL;
}

/* Is there a WasmPool of this name, here or further down in the file? */
static int is_defined(apr_pool_t *p, const char *name)
{
    const ap_directive_t *at;

    for (at = ap_conftree; at; at = at->next) {
        const char *words = at->args;

        if (strcasecmp(at->directive, "WasmPool") == 0
            && strcmp(ap_getword_conf(p, &words), name) == 0)
            return 1;
    }
    return 0;
}

const char *wasm_use_pool(cmd_parms *cmd, void *conf_, const char *name)
{
    wasm_dir_conf *conf = conf_;

    conf->used = 1;
    conf->pool = name;
    if (is_defined(cmd->temp_pool, name))
        return NULL;
    return apr_psprintf(cmd->pool, "WasmUsePool %.40s: there is no WasmPool "
                        "of this name", name);
}

/* The pool that a place uses, or NULL. */
wasm_pool *wasm_pool_named(server_rec *main_server, const char *name)
{
    const wasm_server_conf *conf = wasm_server_conf_of(main_server);

    if (!name || !conf->pools)
        return NULL;
    return apr_hash_get(conf->pools, name, APR_HASH_KEY_STRING);
}

/* Starts every pool. */
int wasm_pools_start(apr_pool_t *p, server_rec *main_server)
{
    const wasm_server_conf *conf = wasm_server_conf_of(main_server);
    apr_hash_index_t *at;

    at = conf->pools ? apr_hash_first(p, conf->pools) : NULL;
    for (; at; at = apr_hash_next(at)) {
        wasm_pool *pool = apr_hash_this_val(at);

        if (!pool->user) {
            const wasm_pool *common = wasm_common_pool(p);

            pool->user = common->user;
            pool->uid = common->uid;
            pool->gid = common->gid;
        }
        if (wasm_responder_start(p, main_server, pool, NULL, conf->command))
            return 1;
    }
    return 0;
}
