/*
 * dump.c -- httpd -M -D DUMP_WASM: what the configuration means, for
 * `wasm-fcgi check --apache`. With WASM_DUMP_URL in the environment also
 * what becomes of that URL, which httpd's own walks decide.
 *
 * Nothing is started, nothing is written. In the mode of -M, unlike -t, what
 * only root may read does not have to be read.
 */
#include <dlfcn.h>
#include <stdio.h>
#include "ap_listen.h"
#include "http_main.h"
#include "http_request.h"
#include "mod_proxy.h"
#include "unixd.h"
#include "dump.h"

#define DEFINE "DUMP_WASM"
/* How far a request came; in its notes. */
#define WALKED "wasm-walked"
#define FIXED_UP "wasm-fixed-up"

int wasm_is_dump(void)
{
    return ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_DUMP
           && ap_exists_config_define(DEFINE);
}

/* A fault of the configuration as a whole: told in a dump, else logged. */
void wasm_complain(server_rec *s, const char *fault)
{
    if (!wasm_is_dump()) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s, "%s", fault);
        return;
    }
    wasm_json_open("fault");
    wasm_json_text("text", fault);
    wasm_json_close();
}

static wasm_server_conf *conf_of(server_rec *s)
{
    return ap_get_module_config(s->module_config, &wasm_module);
}

static const char *mode_name(const wasm_server_conf *conf)
{
    switch (conf->mode) {
    case WASM_SERVER_SOCKET:
        return "unix";
    case WASM_SERVER_TCP:
        return "tcp";
    case WASM_SERVER_BALANCER:
        return "balancer";
    case WASM_SERVER_FCGID:
        return "fcgid";
    case WASM_SERVER_UNSET:
    case WASM_SERVER_AUTO:
    default:
        return "auto";
    }
}

static void print_process(apr_pool_t *p)
{
    const ap_listen_rec *at;
    const char *separator = "";

    wasm_json_open("process");
    wasm_json_number("format", 1);
    wasm_json_text("version", ap_get_server_description());
    wasm_json_text("user", ap_unixd_config.user_name);
    wasm_json_number("uid", ap_unixd_config.user_id);
    wasm_json_number("gid", ap_unixd_config.group_id);
    wasm_json_text("serverRoot", ap_server_root);
    wasm_json_text("runtimeDirectory", ap_runtime_dir_relative(p, ""));
    wasm_json_name("ports");
    putchar('[');
    for (at = ap_listeners; at; at = at->next) {
        printf("%s%u", separator, at->bind_addr->port);
        separator = ",";
    }
    putchar(']');
    wasm_json_close();
}

static void print_server(apr_pool_t *p, server_rec *main_server,
                         server_rec *s)
{
    const wasm_server_conf *conf = conf_of(s);
    const core_server_config *core
        = ap_get_core_module_config(s->module_config);

    wasm_json_open("server");
    wasm_json_text("id", wasm_server_id(p, s));
    wasm_json_text("name", s->server_hostname);
    wasm_json_text("file", s->is_virtual ? s->defn_name : NULL);
    wasm_json_number("line", s->is_virtual ? s->defn_line_number : 0);
    wasm_json_text("address", s->is_virtual && s->addrs ? s->addrs->virthost
                                                        : NULL);
    wasm_json_number("port", s->is_virtual && s->addrs
                             ? s->addrs->host_port : s->port);
    wasm_json_text("documentRoot", core->ap_document_root);
    wasm_json_number("timeoutMs", apr_time_as_msec(s->timeout));
    wasm_json_text("mode", mode_name(conf));
    wasm_json_text("target", conf->address);
    wasm_json_text("keyFile", conf->key_file);
    wasm_json_number("used", wasm_server_needed(main_server, s));
    wasm_json_close();
}

static const char *flush_name(const proxy_worker *worker)
{
    return worker->s->flush_packets == flush_on ? "on"
           : worker->s->flush_packets == flush_auto ? "auto" : "off";
}

/* The workers of lines with an fcgi:// in them, as mod_proxy has them. */
static void print_workers(apr_pool_t *p)
{
    __typeof__(ap_proxy_get_worker) *get
        = dlsym(RTLD_DEFAULT, "ap_proxy_get_worker");
    __typeof__(ap_proxy_get_balancer) *get_balancer
        = dlsym(RTLD_DEFAULT, "ap_proxy_get_balancer");
    module *proxy = ap_find_linked_module("mod_proxy.c");
    const apr_array_header_t *all = wasm_watch_proxied();
    int i;

    for (i = 0; get && get_balancer && proxy && all && i < all->nelts; i++) {
        const wasm_proxied *at = &APR_ARRAY_IDX(all, i, wasm_proxied);
        proxy_server_conf *conf
            = ap_get_module_config(at->server->module_config, proxy);
        char *name = apr_pstrdup(p, at->balancer);
        proxy_balancer *balancer = name ? get_balancer(p, conf, name, 0)
                                        : NULL;
        proxy_worker *worker = get(p, balancer, conf, at->url);

        wasm_json_open("worker");
        wasm_json_number("note", at->note);
        wasm_json_text("url", at->url);
        wasm_json_number("defined", worker != NULL);
        wasm_json_number("reuse", worker && worker->s->disablereuse_set
                                  && !worker->s->disablereuse);
        wasm_json_text("flush", worker ? flush_name(worker) : "off");
        wasm_json_number("timeoutMs", worker && worker->s->timeout_set
                         ? apr_time_as_msec(worker->s->timeout)
                         : conf->timeout_set ? apr_time_as_msec(conf->timeout)
                         : apr_time_as_msec(at->server->timeout));
        wasm_json_close();
    }
}

/* A place to hand requests over to, so that the handler does its work. */
static void set_targets(apr_pool_t *p, server_rec *main_server)
{
    apr_hash_t *pools = conf_of(main_server)->pools;
    apr_hash_index_t *at = pools ? apr_hash_first(p, pools) : NULL;
    server_rec *s;

    for (s = main_server; s; s = s->next) {
        if (wasm_server_needed(main_server, s))
            conf_of(s)->handler = "responder";
    }
    for (; at; at = apr_hash_next(at)) {
        wasm_pool *pool = apr_hash_this_val(at);

        pool->handler = "responder";
    }
}

static void print_params(request_rec *r)
{
    const apr_array_header_t *all = apr_table_elts(r->subprocess_env);
    int i;

    wasm_json_name("params");
    fputs("{\"WASM_VERSION\":null", stdout);
    for (i = 0; i < all->nelts; i++) {
        const apr_table_entry_t *at = &APR_ARRAY_IDX(all, i,
                                                     apr_table_entry_t);

        if (strncmp(at->key, "WASM_", 5) == 0
            && strcmp(at->key, "WASM_VERSION") != 0)
            wasm_json_text(at->key, at->val);
    }
    putchar('}');
}

static const char *kind_of_file(const request_rec *r)
{
    return r->finfo.filetype == APR_REG ? "file"
           : r->finfo.filetype == APR_DIR ? "directory"
           : r->finfo.filetype == APR_NOFILE ? "none" : "other";
}

/* status: 0, or the answer that httpd gives without a handler. */
static void print_request(request_rec *r, int status, int refused)
{
    const wasm_dir_conf *conf = ap_get_module_config(r->per_dir_config,
                                                     &wasm_module);
    const char *location = apr_table_get(r->headers_out, "Location");
    int answer;

    wasm_json_open("request");
    wasm_json_text("server", wasm_server_id(r->pool, r->server));
    wasm_json_text("uri", r->uri);
    wasm_json_number("status", status);
    wasm_json_number("refused", refused);
    wasm_json_text("location", location);
    wasm_json_text("file", r->filename);
    wasm_json_text("fileKind", kind_of_file(r));
    wasm_json_text("pathInfo", r->path_info);
    wasm_json_text("handler", r->handler);
    wasm_json_text("type", r->content_type);
    wasm_json_text("pool", conf ? conf->pool : NULL);
    wasm_json_text("authType", ap_auth_type(r));
    wasm_json_number("execCgi", (ap_allow_options(r) & OPT_EXECCGI) != 0);
    wasm_json_text("entryPoint", conf ? conf->entry_point : NULL);
    wasm_json_text("module", conf && conf->module ? conf->module->host
                                                  : NULL);
    wasm_watch_print(r);
    if (!status) {
        answer = wasm_handler(r);
        wasm_json_number("answer", answer == DECLINED ? 0 : answer);
        wasm_json_text("target", r->handler);
    }
    print_params(r);
    wasm_json_close();
}

/* In the place of every handler, but mod_rewrite's, which sends the request
 * to another URL. */
static int print_handled(request_rec *r)
{
    const request_rec *first = r;

    if (r->handler && strcmp(r->handler, "redirect-handler") == 0)
        return DECLINED;
    while (first->prev)
        first = first->prev;
    print_request(r, 0, first->status == HTTP_OK ? 0 : first->status);
    /* nothing that follows an answer is of use, nor has it been started */
    _exit(0);
}

static int note_walked(request_rec *r)
{
    apr_table_setn(r->notes, WALKED, "1");
    return DECLINED;
}

static int note_fixed_up(request_rec *r)
{
    apr_table_setn(r->notes, FIXED_UP, "1");
    return DECLINED;
}

/* mod_mime makes its table of types in post_config, and core finds out who
 * asks visitors for their names. The other modules of httpd do without
 * theirs, which would start processes and open files. */
static int is_needed(const char *file)
{
    return file && (strcmp(file, "core.c") == 0
                    || strcmp(file, "mod_mime.c") == 0);
}

static void prepare(apr_pool_t *p, server_rec *main_server)
{
    const apr_array_header_t *hooks = ap_hook_get_post_config();
    int i;

    for (i = 0; hooks && i < hooks->nelts; i++) {
        const ap_LINK_post_config_t *hook
            = &APR_ARRAY_IDX(hooks, i, ap_LINK_post_config_t);

        if (is_needed(hook->szName))
            hook->pFunc(p, p, p, main_server);
    }
    ap_run_optional_fn_retrieve();
}

/* Where httpd asks who the visitor is or refuses him, the rest is told as
 * for one that may enter. */
static void print_url(apr_pool_t *p, server_rec *main_server, const char *url)
{
    const char *fault;
    request_rec *r;
    int status;

    prepare(p, main_server);
    r = wasm_pretend(p, main_server, url, &fault);
    if (!r) {
        wasm_json_open("badUrl");
        wasm_json_text("text", fault);
        wasm_json_close();
        return;
    }
    status = r->status == HTTP_OK ? ap_process_request_internal(r)
                                  : r->status;
    if (status != OK && apr_table_get(r->notes, WALKED)
        && !apr_table_get(r->notes, FIXED_UP)) {
        r->status = status;
        status = ap_run_type_checker(r);
        if (status == OK || status == DECLINED)
            status = ap_run_fixups(r);
    }
    if (status == OK || status == DECLINED)
        status = ap_invoke_handler(r);
    while (r->next)
        r = r->next;
    print_request(r, status == OK ? r->status : status, 0);
}

static void print_all(apr_pool_t *p, server_rec *main_server)
{
    const char *url = getenv("WASM_DUMP_URL");
    server_rec *s;

    print_process(p);
    for (s = main_server; s; s = s->next)
        print_server(p, main_server, s);
    print_workers(p);
    wasm_watch_foreign();
    if (url) {
        set_targets(p, main_server);
        print_url(p, main_server, url);
    }
}

static int check_config(apr_pool_t *pconf, apr_pool_t *plog,
                        apr_pool_t *ptemp, server_rec *s)
{
    apr_interval_time_t longest;

    (void)pconf;
    (void)plog;
    wasm_find_users(s, &longest);
    wasm_check_targets(ptemp, s);
    return OK;
}

/* Instead of the hooks that serve. */
void wasm_dump_register(apr_pool_t *p)
{
    const char *fault = wasm_watch_register(p);

    if (fault) {
        wasm_complain(NULL, fault);
        return;
    }
    wasm_pretend_register();
    ap_hook_check_config(check_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_test_config(print_all, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_header_parser(note_walked, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(note_fixed_up, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_handler(print_handled, NULL, NULL, APR_HOOK_REALLY_FIRST);
}
