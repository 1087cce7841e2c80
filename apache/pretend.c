/*
 * pretend.c -- a request that nobody sent: httpd reads it from memory, finds
 * its virtual host, and writes nowhere.
 *
 * So httpd itself says what becomes of a URL. Nothing listens and nothing
 * was started: modules see the request without their post_config.
 */
#include "ap_listen.h"
#include "http_vhost.h"
#include "util_filter.h"
#if AP_MODULE_MAGIC_AT_LEAST(20120211, 102)
#include "http_ssl.h"
#endif
#include "dump.h"

static ap_filter_rec_t *reader;
static ap_filter_rec_t *writer;

static apr_status_t read_memory(ap_filter_t *f, apr_bucket_brigade *out,
                                ap_input_mode_t mode,
                                apr_read_type_e block, apr_off_t bytes)
{
    apr_bucket_brigade *text = f->ctx;

    (void)bytes;
    if (mode != AP_MODE_GETLINE || APR_BRIGADE_EMPTY(text))
        return APR_EOF;
    return apr_brigade_split_line(out, text, block, HUGE_STRING_LEN);
}

static apr_status_t write_nowhere(ap_filter_t *f, apr_bucket_brigade *in)
{
    (void)f;
    apr_brigade_cleanup(in);
    return APR_SUCCESS;
}

#if AP_MODULE_MAGIC_AT_LEAST(20120211, 102)
static int is_ssl(conn_rec *c)
{
    return apr_table_get(c->notes, "wasm-https") ? OK : DECLINED;
}
#endif

void wasm_pretend_register(void)
{
    reader = ap_register_input_filter("WASM_PRETEND_IN", read_memory, NULL,
                                      AP_FTYPE_NETWORK);
    writer = ap_register_output_filter("WASM_PRETEND_OUT", write_nowhere,
                                       NULL, AP_FTYPE_NETWORK);
#if AP_MODULE_MAGIC_AT_LEAST(20120211, 102)
    ap_hook_ssl_conn_is_ssl(is_ssl, NULL, NULL, APR_HOOK_FIRST);
#endif
}

static int is_named(const server_rec *s, const char *host)
{
    const apr_array_header_t *lists[2] = {s->names, s->wild_names};
    int i, j;

    if (s->server_hostname && strcasecmp(s->server_hostname, host) == 0)
        return 1;
    for (i = 0; i < 2; i++) {
        for (j = 0; lists[i] && j < lists[i]->nelts; j++) {
            if (ap_strcasecmp_match(host, APR_ARRAY_IDX(lists[i], j,
                                                        const char *)) == 0)
                return 1;
        }
    }
    return 0;
}

/* The address of ours that such a request arrives at: the one that the URL
 * has or that its virtual host is bound to, else any. Asks no name server. */
static apr_sockaddr_t *arrival(apr_pool_t *p, server_rec *s, const char *host,
                               apr_port_t port)
{
    const server_addr_rec *at;
    apr_sockaddr_t *address = NULL;
    const char *ip = "127.0.0.1";
    char *bound;

    if (*host && (strspn(host, "0123456789.") == strlen(host)
                  || ap_strchr_c(host, ':')))
        ip = host;
    for (; ip != host && s; s = s->next) {
        for (at = is_named(s, host) ? s->addrs : NULL; at; at = at->next) {
            if ((at->host_port && at->host_port != port)
                || strcmp(at->virthost, "*") == 0
                || strcmp(at->virthost, "_default_") == 0)
                continue;
            if (apr_sockaddr_ip_get(&bound, at->host_addr) == APR_SUCCESS)
                ip = bound;
        }
    }
    if (apr_sockaddr_info_get(&address, ip, APR_UNSPEC, port, 0, p)
        != APR_SUCCESS)
        return NULL;
    return address;
}

/* Event keeps state of its own with every connection and expects to find it;
 * it only ever sets a pointer of it for us. */
static void give_state(conn_rec *c)
{
    module *event = ap_find_linked_module("event.c");

    if (event)
        ap_set_module_config(c->conn_config, event, apr_pcalloc(c->pool, 4096));
    c->cs = apr_pcalloc(c->pool, sizeof(*c->cs));
}

/* The fields that an MPM and the hooks of create_connection fill in. */
static conn_rec *connection(apr_pool_t *p, server_rec *main_server,
                            apr_sockaddr_t *address, const char *text)
{
    conn_rec *c = apr_pcalloc(p, sizeof(*c));
    apr_bucket_brigade *request;
    apr_socket_t *unused;

    c->pool = p;
    c->base_server = main_server;
    c->conn_config = ap_create_conn_config(p);
    c->notes = apr_table_make(p, 5);
    c->bucket_alloc = apr_bucket_alloc_create(p);
    c->local_addr = address;
    apr_sockaddr_ip_get(&c->local_ip, address);
    apr_sockaddr_info_get(&c->client_addr, "127.0.0.1", APR_INET, 0, 0, p);
    c->client_ip = "127.0.0.1";
    if (apr_socket_create(&unused, APR_INET, SOCK_STREAM, 0, p)
        == APR_SUCCESS)     /* some set a timeout on it */
        ap_set_core_module_config(c->conn_config, unused);
    give_state(c);
    ap_update_vhost_given_ip(c);
    request = apr_brigade_create(p, c->bucket_alloc);
    apr_brigade_puts(request, NULL, NULL, text);
    ap_add_input_filter_handle(reader, request, NULL, c);
    ap_add_output_filter_handle(writer, NULL, NULL, c);
    return c;
}

static int has_space(const char *text)
{
    for (; *text; text++) {
        if (apr_iscntrl(*text) || apr_isspace(*text))
            return 1;
    }
    return 0;
}

/* url is absolute, or a path of the main server. */
request_rec *wasm_pretend(apr_pool_t *p, server_rec *main_server,
                          const char *url, const char **fault)
{
    apr_uri_t uri;
    apr_sockaddr_t *address;
    const char *host;
    apr_port_t port = 80;
    conn_rec *c;
    request_rec *r;
    int https;

    *fault = "not a URL of http or https, nor a path";
    if (has_space(url) || apr_uri_parse(p, url, &uri) != APR_SUCCESS
        || (uri.scheme && strcasecmp(uri.scheme, "http") != 0
            && strcasecmp(uri.scheme, "https") != 0)
        || (uri.path && uri.path[0] != '/')
        || (!uri.hostname && !uri.path))
        return NULL;
    https = uri.scheme && strcasecmp(uri.scheme, "https") == 0;
    if (uri.port)
        port = uri.port;
    else if (https)
        port = 443;
    else if (!uri.hostname && ap_listeners)
        port = ap_listeners->bind_addr->port;
    host = uri.hostname ? uri.hostname
           : main_server->server_hostname ? main_server->server_hostname
           : "localhost";
    address = arrival(p, main_server, host, port);
    *fault = "its host is no address";
    if (!address)
        return NULL;
    c = connection(p, main_server, address,
                   apr_psprintf(p, "GET %s%s%s HTTP/1.1\r\nHost: %s:%u\r\n"
                                "Connection: close\r\n\r\n",
                                uri.path ? uri.path : "/",
                                uri.query ? "?" : "",
                                uri.query ? uri.query : "",
                                ap_strchr_c(host, ':')
                                ? apr_pstrcat(p, "[", host, "]", NULL) : host,
                                port));
    if (https)
        apr_table_setn(c->notes, "wasm-https", "1");
    r = ap_read_request(c);
    *fault = "httpd does not accept it";
    return r;
}
