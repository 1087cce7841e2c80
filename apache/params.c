/*
 * params.c -- one merged record to FastCGI params, and their signature.
 *
 * User-chosen names travel in values (WASM_ENV_<i>_K), because param names
 * lose their case and their punctuation on the way.
 */
#include "mod_wasm.h"

#define VERSION "1"

static void put(apr_array_header_t *params, const char *name,
                const char *value)
{
    wasm_pair *pair = apr_array_push(params);

    pair->name = name;
    pair->value = value;
}

static void put_count(apr_array_header_t *params, const char *name,
                      const apr_array_header_t *list)
{
    if (list && list->nelts)
        put(params, name, apr_itoa(params->pool, list->nelts));
}

static int length_of(const apr_array_header_t *list)
{
    return list ? list->nelts : 0;
}

/* The directory that a tenant's path must stay beneath: its own, or a root
 * of the admin's. NULL if it has no right to the path. */
static const char *holder(const wasm_dir_conf *conf, const wasm_grant *grant)
{
    int i;

    if (wasm_is_beneath(grant->host, grant->tenant))
        return grant->tenant;
    for (i = 0; i < length_of(conf->htaccess_roots); i++) {
        const char *root = APR_ARRAY_IDX(conf->htaccess_roots, i,
                                         const char *);
        if (wasm_is_beneath(grant->host, root))
            return root;
    }
    return NULL;
}

static const char *put_below(apr_array_header_t *params,
                             const wasm_dir_conf *conf,
                             const wasm_grant *grant, const char *name)
{
    const char *below;

    if (!grant->tenant)
        return NULL;
    below = holder(conf, grant);
    if (!below)
        return apr_psprintf(params->pool, "%s %s: an .htaccess may name what "
                            "lies in %s or in a WasmHtaccessRoot",
                            grant->source, grant->host, grant->tenant);
    put(params, name, below);
    return NULL;
}

static const char *put_dirs(apr_array_header_t *params,
                            const wasm_dir_conf *conf)
{
    apr_pool_t *p = params->pool;
    int i;

    put_count(params, "WASM_DIR_COUNT", conf->dirs);
    for (i = 0; i < length_of(conf->dirs); i++) {
        const wasm_grant *dir = &APR_ARRAY_IDX(conf->dirs, i, wasm_grant);
        const char *fault = put_below(params, conf, dir,
            apr_psprintf(p, "WASM_DIR_%d_BELOW", i));

        if (fault)
            return fault;
        put(params, apr_psprintf(p, "WASM_DIR_%d", i), dir->host);
        if (dir->read_only)
            put(params, apr_psprintf(p, "WASM_DIR_%d_RO", i), "1");
    }
    return NULL;
}

static const char *put_maps(apr_array_header_t *params,
                            const wasm_dir_conf *conf)
{
    apr_pool_t *p = params->pool;
    int i;

    put_count(params, "WASM_MAP_COUNT", conf->maps);
    for (i = 0; i < length_of(conf->maps); i++) {
        const wasm_grant *map = &APR_ARRAY_IDX(conf->maps, i, wasm_grant);
        const char *fault = put_below(params, conf, map,
            apr_psprintf(p, "WASM_MAP_%d_BELOW", i));

        if (fault)
            return fault;
        put(params, apr_psprintf(p, "WASM_MAP_%d_K", i), map->guest);
        put(params, apr_psprintf(p, "WASM_MAP_%d_V", i), map->host);
        if (map->read_only)
            put(params, apr_psprintf(p, "WASM_MAP_%d_RO", i), "1");
    }
    return NULL;
}

static const char *put_snapshot(apr_array_header_t *params,
                                const wasm_dir_conf *conf)
{
    apr_pool_t *p = params->pool;
    int i;

    if (conf->snapshot != 1)
        return NULL;
    put(params, "WASM_SNAPSHOT", "1");
    if (conf->snapshot_age)
        put(params, "WASM_SNAPSHOT_MAX_AGE",
            apr_psprintf(p, "%" APR_INT64_T_FMT "ms", conf->snapshot_age));
    put_count(params, "WASM_WATCH_COUNT", conf->watched);
    for (i = 0; i < length_of(conf->watched); i++) {
        const wasm_grant *path = &APR_ARRAY_IDX(conf->watched, i, wasm_grant);
        const char *fault = put_below(params, conf, path,
            apr_psprintf(p, "WASM_WATCH_%d_BELOW", i));

        if (fault)
            return fault;
        put(params, apr_psprintf(p, "WASM_WATCH_%d", i), path->host);
    }
    return NULL;
}

static void put_lists(apr_array_header_t *params, const wasm_dir_conf *conf)
{
    apr_pool_t *p = params->pool;
    int i;

    put_count(params, "WASM_ARG_COUNT", conf->args);
    for (i = 0; i < length_of(conf->args); i++)
        put(params, apr_psprintf(p, "WASM_ARG_%d", i),
            APR_ARRAY_IDX(conf->args, i, const char *));
    put_count(params, "WASM_ENV_COUNT", conf->env);
    for (i = 0; i < length_of(conf->env); i++) {
        const wasm_pair *pair = &APR_ARRAY_IDX(conf->env, i, wasm_pair);

        put(params, apr_psprintf(p, "WASM_ENV_%d_K", i), pair->name);
        put(params, apr_psprintf(p, "WASM_ENV_%d_V", i), pair->value);
    }
}

static void put_hosts(apr_array_header_t *params, const wasm_dir_conf *conf)
{
    apr_pool_t *p = params->pool;
    int i;

    put_count(params, "WASM_HOST_COUNT", conf->hosts);
    for (i = 0; i < length_of(conf->hosts); i++) {
        const wasm_host *host = &APR_ARRAY_IDX(conf->hosts, i, wasm_host);

        put(params, apr_psprintf(p, "WASM_HOST_%d", i), host->rule);
        if (host->tenant)
            put(params, apr_psprintf(p, "WASM_HOST_%d_TENANT", i), "1");
    }
}

static void put_limits(apr_array_header_t *params, const wasm_limits limits,
                       const char *prefix)
{
    wasm_pair param;
    int i;

    for (i = 0; i < WASM_LIMITS; i++) {
        if (wasm_limit_param(params->pool, limits, i, prefix, &param))
            put(params, param.name, param.value);
    }
}

/* Fills *params with wasm_pair. Answers NULL, or what is not allowed. */
const char *wasm_params_of(apr_pool_t *p, const wasm_dir_conf *conf,
                           const wasm_grant *module,
                           apr_array_header_t **params)
{
    apr_array_header_t *out = apr_array_make(p, 24, sizeof(wasm_pair));
    const char *fault;

    *params = out;
    put(out, "WASM_VERSION", VERSION);
    put(out, "WASM_MODULE", module->host);
    put(out, "WASM_CGI", conf->cgi == 1 ? "1" : "0");
    if (conf->map_names == 1)
        put(out, "WASM_MAP_CGI_FILENAMES", "1");
    if (conf->entry_point)
        put(out, "WASM_ENTRY_POINT", conf->entry_point);
    if (conf->content_type)
        put(out, "WASM_CONTENT_TYPE", conf->content_type);
    put_limits(out, conf->limits, "WASM_LIMIT_");
    put_limits(out, conf->lower, "WASM_LOWER_");
    put_lists(out, conf);
    put_hosts(out, conf);
    fault = wasm_override_fault(p, conf);
    if (!fault)
        fault = put_below(out, conf, module, "WASM_MODULE_BELOW");
    if (!fault)
        fault = put_dirs(out, conf);
    if (!fault)
        fault = put_maps(out, conf);
    if (!fault)
        fault = put_snapshot(out, conf);
    return fault;
}

/* Bytes they take in a FastCGI record, at four length bytes per text. */
apr_size_t wasm_params_length(const apr_array_header_t *params)
{
    apr_size_t length = 0;
    int i;

    for (i = 0; i < params->nelts; i++) {
        const wasm_pair *pair = &APR_ARRAY_IDX(params, i, wasm_pair);

        length += 8 + strlen(pair->name) + strlen(pair->value);
    }
    return length;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const wasm_pair *)a)->name, ((const wasm_pair *)b)->name);
}

/* MAC over name, '=', value, NUL of each, sorted bytewise by name. Sorts
 * params in place. */
const char *wasm_params_signature(apr_pool_t *p, apr_array_header_t *params,
                                  const char *key)
{
    char *text = apr_palloc(p, wasm_params_length(params));
    char *end = text;
    int i;

    qsort(params->elts, params->nelts, sizeof(wasm_pair), by_name);
    for (i = 0; i < params->nelts; i++) {
        const wasm_pair *pair = &APR_ARRAY_IDX(params, i, wasm_pair);
        apr_size_t length = strlen(pair->name);

        memcpy(end, pair->name, length);
        end += length;
        *end++ = '=';
        length = strlen(pair->value) + 1;
        memcpy(end, pair->value, length);
        end += length;
    }
    return wasm_hmac_sha1(p, key, strlen(key), text, end - text);
}

/* What follows prefix in name, read as mod_fcgid will write it: case does
 * not count, and all but letters and digits is '_'. NULL: other prefix. */
const char *wasm_name_after(const char *name, const char *prefix)
{
    for (; *prefix; name++, prefix++) {
        int c = apr_isalnum(*name) ? apr_toupper(*name) : '_';

        if (!*name || c != *prefix)
            return NULL;
    }
    return name;
}

/* Unsets every variable of the request that would arrive as a param of this
 * name, or with a prefix of it, an internal redirect's copies included. */
void wasm_params_unset(request_rec *r, const char *prefix)
{
    const apr_array_header_t *all = apr_table_elts(r->subprocess_env);
    apr_array_header_t *doomed = NULL;
    int i;

    for (i = 0; i < all->nelts; i++) {
        const char *key = APR_ARRAY_IDX(all, i, apr_table_entry_t).key;
        const char *name = key;
        const char *rest;

        while ((rest = wasm_name_after(name, "REDIRECT_")))
            name = rest;
        if (!wasm_name_after(name, prefix))
            continue;
        if (!doomed)
            doomed = apr_array_make(r->pool, 4, sizeof(key));
        APR_ARRAY_PUSH(doomed, const char *) = key;
    }
    for (i = 0; i < length_of(doomed); i++)
        apr_table_unset(r->subprocess_env,
                        APR_ARRAY_IDX(doomed, i, const char *));
}
