/*
 * check.c -- what configtest can tell of a server: modules that are missing,
 * directives that mod_fcgid cannot carry, keys that are not its own.
 */
#include "mod_wasm.h"

static int lacks(server_rec *s, const char *what, const char *const *files)
{
    int missing = 0;

    for (; *files; files++) {
        if (ap_find_linked_module(*files))
            continue;
        wasm_complain(s, apr_psprintf(s->process->pconf, "%s needs "
                                      "%.*s: add its LoadModule line", what,
                                      (int)strlen(*files) - 2, *files));
        missing = 1;
    }
    return missing;
}

static int lacks_modules(server_rec *s, wasm_server_mode mode)
{
    static const char *const fcgi[]
        = {"mod_proxy.c", "mod_proxy_fcgi.c", NULL};
    static const char *const balancer[]
        = {"mod_proxy.c", "mod_proxy_fcgi.c", "mod_proxy_balancer.c", NULL};
    static const char *const fcgid[] = {"mod_fcgid.c", NULL};

    switch (mode) {
    case WASM_SERVER_FCGID:
        return lacks(s, "WasmServer fcgid", fcgid);
    case WASM_SERVER_BALANCER:
        return lacks(s, "WasmServer balancer://", balancer);
    case WASM_SERVER_SOCKET:
        return lacks(s, "WasmServer unix:", fcgi);
    case WASM_SERVER_TCP:
        return lacks(s, "WasmServer host:port", fcgi);
    case WASM_SERVER_UNSET:
    case WASM_SERVER_AUTO:
        break;
    }
    return lacks(s, wasm_server_conf_of(s)->pools ? "WasmPool"
                                                  : "WasmServer auto", fcgi);
}

/* More than mod_fcgid carries? Also checked per request, because sections
 * add up. */
static int too_long(apr_pool_t *p, server_rec *s, void *base, void *section,
                    const char *name)
{
    static const wasm_grant any = {.host = "/"};
    const wasm_dir_conf *conf = section;
    apr_array_header_t *params;

    if (!conf)
        return 0;
    if (base != section)
        conf = wasm_merge_dir_conf(p, base, section);
    wasm_params_of(p, conf, conf->module ? conf->module : &any, &params);
    if (wasm_params_length(params) <= WASM_FCGID_MAX)
        return 0;
    wasm_complain(s, apr_psprintf(p, "%s: its Wasm directives "
                                  "come to %" APR_SIZE_T_FMT " bytes, and "
                                  "mod_fcgid carries at most %d", name,
                                  wasm_params_length(params),
                                  WASM_FCGID_MAX));
    return 1;
}

static int fcgid_overflow(apr_pool_t *p, server_rec *s)
{
    core_server_config *core = ap_get_core_module_config(s->module_config);
    void *base = ap_get_module_config(s->lookup_defaults, &wasm_module);
    apr_array_header_t *lists[2] = {core->sec_dir, core->sec_url};
    int failed = too_long(p, s, base, base, "the server");
    int i, j;

    for (i = 0; i < 2; i++) {
        for (j = 0; lists[i] && j < lists[i]->nelts; j++) {
            ap_conf_vector_t *section
                = APR_ARRAY_IDX(lists[i], j, ap_conf_vector_t *);
            core_dir_config *where = ap_get_core_module_config(section);

            failed |= too_long(p, s, base,
                               ap_get_module_config(section, &wasm_module),
                               where && where->d ? where->d : "a section");
        }
    }
    return failed;
}

static int key_is_foreign(apr_pool_t *p, server_rec *s)
{
    const char *file = wasm_server_conf_of(s)->key_file;
    const char *fault = file ? wasm_key_owner_fault(p, file) : NULL;

    if (fault)
        wasm_complain(s, apr_psprintf(p, "WasmKeyFile %s: %s", file, fault));
    return fault != NULL;
}

/* What configtest can tell. Logs every fault; 0 if there is none. */
int wasm_check_targets(apr_pool_t *p, server_rec *main_server)
{
    const char *main_key = wasm_server_conf_of(main_server)->key_file;
    server_rec *s;
    int failed = 0;

    if (wasm_server_conf_of(main_server)->pools
        && lacks_modules(main_server, WASM_SERVER_AUTO))
        return 1;
    for (s = main_server; s; s = s->next) {
        const wasm_server_conf *conf = wasm_server_conf_of(s);

        if (s == main_server || conf->key_file != main_key)
            failed |= key_is_foreign(p, s);
        if (!wasm_server_needed(main_server, s))
            continue;
        if (lacks_modules(s, conf->mode))
            return 1;
        if (wasm_server_is_auto(conf) && conf->key_file
            && (!main_key || strcmp(conf->key_file, main_key) != 0)) {
            wasm_complain(s, apr_psprintf(p, "%s:%u: a virtual "
                         "host with a WasmKeyFile of its own needs a "
                         "WasmServer of its own, not auto",
                         s->defn_name, s->defn_line_number));
            failed = 1;
        }
        if (conf->mode == WASM_SERVER_FCGID)
            failed |= fcgid_overflow(p, s);
    }
    return failed;
}
