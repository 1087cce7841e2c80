/*
 * walk.c -- what becomes of one URL, which httpd's own walks decide.
 */
#include <stdio.h>
#include "http_main.h"
#include "http_request.h"
#include "dump.h"

/* How far a request came; in its notes. */
#define WALKED "wasm-walked"
#define FIXED_UP "wasm-fixed-up"

/* A place to hand requests over to, so that the handler does its work. */
static void set_targets(apr_pool_t *p, server_rec *main_server)
{
    apr_hash_t *pools = wasm_server_conf_of(main_server)->pools;
    apr_hash_index_t *at = pools ? apr_hash_first(p, pools) : NULL;
    server_rec *s;

    for (s = main_server; s; s = s->next) {
        if (wasm_server_needed(main_server, s))
            wasm_server_conf_of(s)->handler = "responder";
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
void wasm_walk(apr_pool_t *p, server_rec *main_server, const char *url)
{
    const char *fault;
    request_rec *r;
    int status;

    set_targets(p, main_server);
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

void wasm_walk_register(void)
{
    ap_hook_header_parser(note_walked, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(note_fixed_up, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_handler(print_handled, NULL, NULL, APR_HOOK_REALLY_FIRST);
}
