/*
 * merge.c -- new records, and how one section merges into another.
 *
 * A section that has WasmModule starts afresh. One without extends what it
 * inherits: lists append, scalars override. WasmLimit, WasmUsePool,
 * WasmAllowOverride and WasmHtaccessRoot are the admin's and are inherited in
 * either case.
 */
#include "mod_wasm.h"

void *wasm_create_dir_conf(apr_pool_t *p, char *dir)
{
    wasm_dir_conf *conf = apr_pcalloc(p, sizeof(*conf));

    (void)dir;
    conf->cgi = WASM_FLAG_UNSET;
    conf->map_names = WASM_FLAG_UNSET;
    conf->snapshot = WASM_FLAG_UNSET;
    conf->allow = WASM_FLAG_UNSET;
    wasm_limits_unset(conf->limits);
    wasm_limits_unset(conf->lower);
    return conf;
}

static apr_array_header_t *appended(apr_pool_t *p, apr_array_header_t *base,
                                    apr_array_header_t *add)
{
    if (!base || !add)
        return base ? base : add;
    return apr_array_append(p, base, add);
}

/* Associative, because httpd merges sections in groups before it merges the
 * groups: merge(a, merge(b, c)) has to be merge(merge(a, b), c). */
void *wasm_merge_dir_conf(apr_pool_t *p, void *base_, void *add_)
{
    const wasm_dir_conf *base = base_;
    const wasm_dir_conf *add = add_;
    wasm_dir_conf *conf = apr_pmemdup(p, add, sizeof(*add));

    conf->used = base->used || add->used;
    wasm_limits_merge(conf, base, add);
    if (!add->pool)
        conf->pool = base->pool;
    wasm_merge_override(conf, base);
    conf->htaccess_roots = appended(p, base->htaccess_roots,
                                    add->htaccess_roots);
    if (add->module)
        return conf;

    conf->module = base->module;
    if (!conf->entry_point)
        conf->entry_point = base->entry_point;
    if (!conf->content_type)
        conf->content_type = base->content_type;
    if (conf->cgi == WASM_FLAG_UNSET)
        conf->cgi = base->cgi;
    if (conf->map_names == WASM_FLAG_UNSET)
        conf->map_names = base->map_names;
    if (conf->snapshot == WASM_FLAG_UNSET)
        conf->snapshot = base->snapshot;
    if (!conf->snapshot_age)
        conf->snapshot_age = base->snapshot_age;
    conf->args = appended(p, base->args, add->args);
    conf->env = appended(p, base->env, add->env);
    conf->dirs = appended(p, base->dirs, add->dirs);
    conf->maps = appended(p, base->maps, add->maps);
    conf->hosts = appended(p, base->hosts, add->hosts);
    conf->watched = appended(p, base->watched, add->watched);
    return conf;
}

void *wasm_create_server_conf(apr_pool_t *p, server_rec *s)
{
    (void)s;
    return apr_pcalloc(p, sizeof(wasm_server_conf));
}

void *wasm_merge_server_conf(apr_pool_t *p, void *base_, void *add_)
{
    const wasm_server_conf *base = base_;
    wasm_server_conf *conf = apr_pmemdup(p, add_, sizeof(*conf));

    if (conf->mode == WASM_SERVER_UNSET) {
        conf->mode = base->mode;
        conf->address = base->address;
    }
    if (!conf->key_file)
        conf->key_file = base->key_file;
    return conf;
}
