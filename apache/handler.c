/*
 * handler.c -- one request: set the params and hand it to the FastCGI module.
 *
 * This is done in the handler hook, ahead of mod_proxy and mod_fcgid: after
 * every fixup, so that no SetEnv, SetEnvIf or RewriteRule has a later word.
 */
#include "http_main.h"
#include "mod_wasm.h"

typedef enum {
    NOT_FASTCGI,
    OURS,       /* SetHandler wasm-handler: we choose the target */
    EXPLICIT    /* the admin wired a FastCGI handler: it stays */
} wiring;

/* "proxy:…" of SetHandler or ProxyPass, else NULL */
static const char *proxy_url(const request_rec *r)
{
    if (strncmp(r->handler, "proxy:", 6) == 0)
        return r->handler;
    if (strcmp(r->handler, "proxy-server") == 0 && r->filename
        && strncmp(r->filename, "proxy:", 6) == 0)
        return r->filename;
    return NULL;
}

static wiring wiring_of(const request_rec *r)
{
    const char *url;

    if (!r->handler)
        return NOT_FASTCGI;
    if (strcmp(r->handler, WASM_HANDLER) == 0)
        return OURS;
    if (strcmp(r->handler, "fcgid-script") == 0)
        return EXPLICIT;
    url = proxy_url(r);
    if (url && (ap_strstr_c(url, "fcgi://") || ap_strstr_c(url, "balancer://")))
        return EXPLICIT;
    return NOT_FASTCGI;
}

/* Does an explicit handler lead to the responder that WasmServer names? Then
 * a file that is no program is 404, and not somebody else's script. */
static int leads_to_ours(const request_rec *r, const wasm_server_conf *server)
{
    const char *url = proxy_url(r);
    const char *at = url && server->address
                     ? ap_strstr_c(url, server->address) : NULL;

    return at && ap_strchr_c("|/", at[strlen(server->address)])
           && (at[-1] == ':' || at[-1] == '/')
           && r->filename && r->filename[0] == '/'
           && !apr_table_get(r->subprocess_env, "WASM_MODULE");
}

/* Without WasmModule the requested file is the program. */
static const wasm_grant *module_of(request_rec *r, const wasm_dir_conf *conf,
                                   const char **fault)
{
    wasm_grant *module;

    *fault = NULL;
    if (conf->module)
        return conf->module;
    if (r->finfo.filetype != APR_REG || !r->filename
        || r->filename[0] != '/')
        *fault = "no such file, and no WasmModule is set here";
    else
        *fault = wasm_module_fault(r->pool, r->filename);
    if (*fault)
        return NULL;
    module = apr_pcalloc(r->pool, sizeof(*module));
    module->host = r->filename;
    return module;
}

static void set_params(request_rec *r, const apr_array_header_t *params,
                       const char *signature)
{
    int i;

    wasm_params_unset(r, "WASM_");
    for (i = 0; i < params->nelts; i++) {
        const wasm_pair *pair = &APR_ARRAY_IDX(params, i, wasm_pair);

        apr_table_setn(r->subprocess_env, pair->name, pair->value);
    }
    if (signature)
        apr_table_setn(r->subprocess_env, "WASM_SIGNATURE", signature);
    if (r->filename && r->filename[0] == '/')
        apr_table_setn(r->subprocess_env, "WASM_SCRIPT_FILENAME",
                       r->filename);
    /* or httpd drops the Content-Length of the answer */
    apr_table_setn(r->subprocess_env, "ap_trust_cgilike_cl", "1");
}

static void hand_over(request_rec *r, const char *handler, int to_fcgid)
{
    r->handler = handler;
    if (to_fcgid)
        /* mod_fcgid takes it for a ScriptAlias and asks for no ExecCGI */
        apr_table_setn(r->notes, "alias-forced-type", "cgi-script");
    else
        /* mod_proxy_fcgi answers 403 to control characters in a file name;
         * the real one is in WASM_SCRIPT_FILENAME */
        r->filename = apr_pstrdup(r->pool, "wasm");
}

int wasm_handler(request_rec *r)
{
    const wasm_dir_conf *conf;
    const wasm_server_conf *server;
    const wasm_grant *module = NULL;
    apr_array_header_t *params;
    const char *fault = NULL;
    const char *signature = NULL;
    wiring how = wiring_of(r);
    const wasm_pool *pool;
    const char *handler, *key;
    int certain, fcgid;

    if (how == NOT_FASTCGI)
        return DECLINED;
    conf = ap_get_module_config(r->per_dir_config, &wasm_module);
    server = wasm_server_conf_of(r->server);

    pool = wasm_pool_named(ap_server_conf, conf->pool);
    handler = pool ? pool->handler : server->handler;
    /* the tenant of a pool has no say in any other responder, whatever its
     * .htaccess wires by hand */
    key = pool ? pool->key : server->key;

    certain = how == OURS || leads_to_ours(r, server);
    if (certain || conf->used)
        module = module_of(r, conf, &fault);
    if (!module && !certain) {
        /* somebody else's FastCGI; but nobody replays a signature */
        wasm_params_unset(r, "WASM_SIGNATURE");
        return DECLINED;
    }
    if (!module) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "wasm: %s: %s",
                      r->filename, fault);
        return HTTP_NOT_FOUND;
    }
    if (how == OURS && !handler) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "no Wasm responder was "
                      "started, because the server's configuration mentions "
                      "no Wasm; add \"WasmServer auto\" to it");
        return HTTP_SERVICE_UNAVAILABLE;
    }

    fault = wasm_params_of(r->pool, conf, module, &params);
    if (fault) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "%s", fault);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    fcgid = how == OURS ? !pool && server->mode == WASM_SERVER_FCGID
                        : r->handler[0] == 'f';
    if (fcgid && wasm_params_length(params) > WASM_FCGID_MAX) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "the Wasm directives of "
                      "this place come to %" APR_SIZE_T_FMT " bytes, and "
                      "mod_fcgid carries at most %d",
                      wasm_params_length(params), WASM_FCGID_MAX);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    if (key)
        signature = wasm_params_signature(r->pool, params, key);
    set_params(r, params, signature);
    if (fcgid)
        wasm_whole_or_closed(r);
    if (how == OURS)
        hand_over(r, handler, fcgid);
    return DECLINED;
}
