/*
 * dump.c -- httpd -M -D DUMP_WASM: what the configuration means, for
 * `wasm-fcgi check --apache`. With WASM_DUMP_URL in the environment also
 * what becomes of that URL.
 *
 * Nothing is started, nothing is written. In the mode of -M, unlike -t, what
 * only root may read does not have to be read.
 */
#include <dlfcn.h>
#include <stdio.h>
#include "ap_listen.h"
#include "http_main.h"
#include "mod_proxy.h"
#include "unixd.h"
#include "dump.h"

#define DEFINE "DUMP_WASM"

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
    const wasm_server_conf *conf = wasm_server_conf_of(s);
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
    const apr_array_header_t *all = wasm_proxied_lines();
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

static void print_all(apr_pool_t *p, server_rec *main_server)
{
    const char *url = getenv("WASM_DUMP_URL");
    server_rec *s;

    print_process(p);
    for (s = main_server; s; s = s->next)
        print_server(p, main_server, s);
    print_workers(p);
    wasm_watch_foreign();
    if (url)
        wasm_walk(p, main_server, url);
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
    wasm_walk_register();
}
