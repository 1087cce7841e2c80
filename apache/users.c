/*
 * users.c -- which servers of the configuration use Wasm, which pools, and
 * for how long at most.
 */
#include "mod_wasm.h"

/* A section that uses Wasm, as opposed to saying where a responder is. */
static int is_use(const ap_directive_t *at)
{
    if (strncasecmp(at->directive, "Wasm", 4) == 0)
        return strcasecmp(at->directive, "WasmServer") != 0
               && strcasecmp(at->directive, "WasmCommand") != 0
               && strcasecmp(at->directive, "WasmPool") != 0
               && strcasecmp(at->directive, "WasmKeyFile") != 0;
    return at->args && ap_strstr_c(at->args, WASM_HANDLER) != NULL;
}

static server_rec *defined_at(server_rec *s, const ap_directive_t *at)
{
    server_rec *each;

    for (each = s; each; each = each->next) {
        if (each->is_virtual && each->defn_name
            && each->defn_line_number == (unsigned)at->line_num
            && strcmp(each->defn_name, at->filename) == 0)
            return each;
    }
    return s;
}

static const char *pool_of_section(apr_pool_t *p, const ap_directive_t *at)
{
    const char *pool = NULL;

    for (; at; at = at->next) {
        const char *words = at->args;

        if (strcasecmp(at->directive, "WasmUsePool") == 0)
            pool = ap_getword_conf(p, &words);
    }
    return pool;
}

static void note_pool(apr_pool_t *p, wasm_server_conf *conf,
                      const char *pool)
{
    int i;

    if (!conf->uses_pools)
        conf->uses_pools = apr_array_make(p, 2, sizeof(pool));
    for (i = 0; i < conf->uses_pools->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(conf->uses_pools, i, const char *), pool)
            == 0)
            return;
    }
    APR_ARRAY_PUSH(conf->uses_pools, const char *) = pool;
}

/* pooled: a section around this one has a WasmUsePool, so that what it says
 * is nothing to the common responder. */
static void walk(apr_pool_t *p, const ap_directive_t *at,
                 server_rec *main_server, server_rec *s, int pooled,
                 apr_interval_time_t *longest)
{
    const char *pool = pool_of_section(p, at);

    if (pool)
        note_pool(p, wasm_server_conf_of(s), pool);
    pooled = pooled || pool;
    for (; at; at = at->next) {
        server_rec *inside = s;
        apr_interval_time_t timeout
            = wasm_limit_timeout(main_server->process->pconf, at->directive,
                                 at->args);

        if (strcasecmp(at->directive, "<VirtualHost") == 0)
            inside = defined_at(main_server, at);
        else if (!pooled && is_use(at))
            wasm_server_conf_of(s)->used = 1;
        if (timeout > *longest)
            *longest = timeout;
        walk(p, at->first_child, main_server, inside, pooled, longest);
    }
}

/* Marks the servers whose configuration mentions Wasm, and finds the longest
 * timeout of all. */
void wasm_find_users(server_rec *main_server, apr_interval_time_t *longest)
{
    *longest = 0;
    walk(main_server->process->pconf, ap_conftree, main_server, main_server,
         0, longest);
}

/* Virtual hosts have the main server's sections too. */
int wasm_server_needed(server_rec *main_server, server_rec *s)
{
    const wasm_server_conf *conf = wasm_server_conf_of(s);

    return conf->used || wasm_server_conf_of(main_server)->used
           || conf->mode != WASM_SERVER_UNSET;
}
