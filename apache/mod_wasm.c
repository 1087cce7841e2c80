/*
 * mod_wasm.c -- WebAssembly directives for httpd: they become signed FastCGI
 * params, which wasm-fcgi runs. This file is the hooks; see mod_wasm.h.
 */
#include "mod_wasm.h"

static int check_config(apr_pool_t *pconf, apr_pool_t *plog,
                        apr_pool_t *ptemp, server_rec *s)
{
    apr_interval_time_t longest;

    (void)pconf;
    (void)plog;
    wasm_find_users(s, &longest);
    return wasm_check_targets(ptemp, s) ? HTTP_INTERNAL_SERVER_ERROR : OK;
}

static int needs_responder(server_rec *main_server)
{
    server_rec *s;

    for (s = main_server; s; s = s->next) {
        if (wasm_server_is_auto(wasm_server_conf_of(s))
            && wasm_server_needed(main_server, s))
            return 1;
    }
    return 0;
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog,
                       apr_pool_t *ptemp, server_rec *s)
{
    apr_interval_time_t longest;
    wasm_pool *common = NULL;
    const wasm_server_conf *conf = wasm_server_conf_of(s);

    (void)plog;
    (void)ptemp;
    /* httpd configures itself twice at start; the first time is thrown away */
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return OK;
    wasm_find_users(s, &longest);
    if (needs_responder(s)) {
        common = wasm_common_pool(pconf);
        if (wasm_responder_start(pconf, s, common, conf->key_file,
                                 conf->command))
            return HTTP_INTERNAL_SERVER_ERROR;
    }
    if (wasm_pools_start(pconf, s))
        return HTTP_INTERNAL_SERVER_ERROR;
    wasm_responders_stop_others();
    if (wasm_define_targets(pconf, s, common, longest))
        return HTTP_INTERNAL_SERVER_ERROR;
    return OK;
}

static void child_init(apr_pool_t *pchild, server_rec *s)
{
    (void)pchild;
    (void)s;
    wasm_responders_forget();
}

static void register_hooks(apr_pool_t *p)
{
    static const char *const proxy[]
        = {"mod_proxy.c", "mod_proxy_balancer.c", NULL};
    static const char *const fastcgi[] = {"mod_proxy.c", "mod_fcgid.c", NULL};

    if (wasm_is_dump()) {
        wasm_dump_register(p);
        return;
    }
    ap_hook_check_config(check_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(post_config, proxy, NULL, APR_HOOK_LAST);
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
    wasm_whole_register();
    ap_hook_handler(wasm_handler, NULL, fastcgi, APR_HOOK_REALLY_FIRST);
}

module AP_MODULE_DECLARE_DATA wasm_module = {
    STANDARD20_MODULE_STUFF,
    wasm_create_dir_conf,
    wasm_merge_dir_conf,
    wasm_create_server_conf,
    wasm_merge_server_conf,
    wasm_commands,
    register_hooks,
#ifdef AP_MODULE_FLAG_NONE
    AP_MODULE_FLAG_NONE
#endif
};
