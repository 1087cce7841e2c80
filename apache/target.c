/*
 * target.c -- WasmServer: where the requests of each server go, and the
 * pooled workers of mod_proxy for it.
 *
 * mod_proxy is found at run time, so that the order of LoadModule lines does
 * not matter, and a server without it can still load this module.
 */
#include <dlfcn.h>
#include "mod_proxy.h"
#include "mod_wasm.h"

int wasm_server_is_auto(const wasm_server_conf *conf)
{
    return conf->mode == WASM_SERVER_AUTO || conf->mode == WASM_SERVER_UNSET;
}

/* A pooled worker with connections that stay open. NULL, or the fault. */
static const char *define_worker(apr_pool_t *p, server_rec *s,
                                 const char *url,
                                 apr_interval_time_t longest)
{
    __typeof__(ap_proxy_define_worker) *define
        = dlsym(RTLD_DEFAULT, "ap_proxy_define_worker");
    __typeof__(ap_proxy_get_worker) *get
        = dlsym(RTLD_DEFAULT, "ap_proxy_get_worker");
    module *proxy = ap_find_linked_module("mod_proxy.c");
    proxy_server_conf *conf;
    proxy_worker *worker;
    const char *fault;

    if (!define || !get || !proxy)
        return "mod_proxy is not loaded";
    conf = ap_get_module_config(s->module_config, proxy);
    if (get(p, NULL, conf, url))
        return NULL;    /* the admin's own <Proxy>, or ours of before */
    fault = define(p, &worker, NULL, conf, url, 0);
    if (fault)
        return fault;
    worker->s->disablereuse = 0;
    worker->s->disablereuse_set = 1;
    worker->s->is_address_reusable = 1;
    worker->s->flush_packets = flush_on;
    worker->s->retry = 0;
    worker->s->retry_set = 1;
    if (longest + apr_time_from_sec(10) > s->timeout) {
        /* the responder ends a slow program, not httpd's Timeout */
        worker->s->timeout = longest + apr_time_from_sec(10);
        worker->s->timeout_set = 1;
    }
    return NULL;
}

static const char *balancer_fault(apr_pool_t *p, server_rec *s,
                                  const char *name)
{
    __typeof__(ap_proxy_get_balancer) *get
        = dlsym(RTLD_DEFAULT, "ap_proxy_get_balancer");
    module *proxy = ap_find_linked_module("mod_proxy.c");
    char *url = apr_pstrcat(p, "balancer://", name, NULL);

    if (!get || !proxy)
        return "mod_proxy is not loaded";
    if (get(p, ap_get_module_config(s->module_config, proxy), url, 0))
        return NULL;
    return apr_psprintf(p, "there is no <Proxy \"%s\">", url);
}

/* mod_proxy tells workers apart by host, not by socket path. */
static const char *socket_url(apr_pool_t *p, const char *path)
{
    return apr_psprintf(p, "unix:%s|fcgi://wasm-%.12s/", path,
                        wasm_hmac_sha1(p, "host", 4, path, strlen(path)));
}

static const char *define_target(apr_pool_t *p, server_rec *s,
                                 wasm_server_conf *conf,
                                 const wasm_pool *common,
                                 apr_interval_time_t longest)
{
    const char *url;

    switch (conf->mode) {
    case WASM_SERVER_FCGID:
        conf->handler = "fcgid-script";
        return NULL;
    case WASM_SERVER_BALANCER:
        conf->handler = apr_pstrcat(p, "proxy:balancer://", conf->address,
                                    "/", NULL);
        return balancer_fault(p, s, conf->address);
    case WASM_SERVER_TCP:
        url = apr_pstrcat(p, "fcgi://", conf->address, "/", NULL);
        break;
    case WASM_SERVER_SOCKET:
        url = socket_url(p, conf->address);
        break;
    case WASM_SERVER_UNSET:
    case WASM_SERVER_AUTO:
    default:
        url = socket_url(p, common->socket);
        break;
    }
    conf->handler = apr_pstrcat(p, "proxy:", url, NULL);
    return define_worker(p, s, url, longest);
}

/* A worker costs shared memory: only where sections name the pool. */
static const char *define_pools(apr_pool_t *p, server_rec *main_server,
                                server_rec *s, server_rec *of,
                                apr_interval_time_t longest)
{
    const apr_array_header_t *names = wasm_server_conf_of(of)->uses_pools;
    const char *fault = NULL;
    int i;

    for (i = 0; !fault && names && i < names->nelts; i++) {
        wasm_pool *pool
            = wasm_pool_named(main_server,
                              APR_ARRAY_IDX(names, i, const char *));
        const char *url = pool ? socket_url(p, pool->socket) : NULL;

        if (!url)
            continue;
        pool->handler = apr_pstrcat(p, "proxy:", url, NULL);
        fault = define_worker(p, s, url, longest);
    }
    return fault;
}

int wasm_define_targets(apr_pool_t *p, server_rec *main_server,
                        const wasm_pool *common,
                        apr_interval_time_t longest)
{
    server_rec *s;

    for (s = main_server; s; s = s->next) {
        wasm_server_conf *conf = wasm_server_conf_of(s);
        const char *fault = define_pools(p, main_server, s, main_server,
                                         longest);

        if (!fault)
            fault = define_pools(p, main_server, s, s, longest);
        if (fault) {
            ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s, "WasmPool: %s",
                         fault);
            return 1;
        }
        if (!wasm_server_needed(main_server, s))
            continue;
        if (wasm_server_is_auto(conf))
            conf->key = common->key;
        else if (conf->key_file)
            fault = wasm_read_key(p, conf->key_file, &conf->key);
        else
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s, "WasmServer "
                         "without WasmKeyFile: params are not signed, and "
                         "a responder refuses them unless told otherwise");
        if (!fault)
            fault = define_target(p, s, conf, common, longest);
        if (fault) {
            ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s, "WasmServer: %s",
                         fault);
            return 1;
        }
    }
    return 0;
}
