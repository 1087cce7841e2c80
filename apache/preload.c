/*
 * preload.c -- the modules that the configuration names: a responder loads
 * them at its start, so that no request waits until one is compiled.
 */
#include "mod_wasm.h"

/* as many as a responder remembers */
#define PRELOAD_MAX 64

static int is_listed(const apr_array_header_t *paths, const char *path)
{
    int i;

    for (i = 0; i < paths->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(paths, i, const char *), path) == 0)
            return 1;
    }
    return 0;
}

/* The module of one section, if the section itself says that it goes to this
 * responder. What other sections add is known at a request only. */
static void add_module(apr_array_header_t *paths, const wasm_dir_conf *conf,
                       const char *pool, int any_pools)
{
    const char *used;

    if (!conf || !conf->module || paths->nelts == PRELOAD_MAX)
        return;
    used = conf->pool ? conf->pool : "";
    if (strcmp(used, pool) != 0 || (any_pools && !conf->pool))
        return;
    if (!is_listed(paths, conf->module->host))
        APR_ARRAY_PUSH(paths, const char *) = conf->module->host;
}

static void add_server(apr_array_header_t *paths, server_rec *s,
                       const char *pool, int any_pools)
{
    core_server_config *core = ap_get_core_module_config(s->module_config);
    apr_array_header_t *lists[2] = {core->sec_dir, core->sec_url};
    int i, j;

    add_module(paths, ap_get_module_config(s->lookup_defaults, &wasm_module),
               pool, any_pools);
    for (i = 0; i < 2; i++) {
        for (j = 0; lists[i] && j < lists[i]->nelts; j++)
            add_module(paths, ap_get_module_config(APR_ARRAY_IDX(lists[i], j,
                       ap_conf_vector_t *), &wasm_module), pool, any_pools);
    }
}

/* The paths of the modules for the responder of a WasmPool, or "": those of
 * sections, not of .htaccess files. */
apr_array_header_t *wasm_modules_of(apr_pool_t *p, server_rec *main_server,
                                    const char *pool)
{
    const wasm_server_conf *conf = wasm_server_conf_of(main_server);
    apr_array_header_t *paths = apr_array_make(p, 8, sizeof(const char *));
    server_rec *s;

    for (s = main_server; s; s = s->next) {
        if (wasm_server_is_auto(wasm_server_conf_of(s)))
            add_server(paths, s, pool, conf->pools != NULL);
    }
    return paths;
}
