/*
 * whole.c -- half an answer never passes for a whole one.
 *
 * A responder that cannot complete its answer closes the connection.
 * mod_proxy_fcgi closes the client's then; after mod_fcgid, httpd would send
 * an error page behind the part that is out, and the end of the body. This
 * filter sees the status change after the head was sent, and closes the
 * client's connection too.
 */
#include "mod_wasm.h"

#include "util_filter.h"

#define NAME "WASM_WHOLE"

static apr_status_t pass(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    int *sent_status = f->ctx;
    apr_status_t status;

    if (*sent_status && f->r->status != *sent_status) {
        f->c->keepalive = AP_CONN_CLOSE;
        f->c->aborted = 1;
        apr_brigade_cleanup(brigade);
        return APR_ECONNABORTED;
    }
    status = ap_pass_brigade(f->next, brigade);
    if (f->r->sent_bodyct)
        *sent_status = f->r->status;
    return status;
}

void wasm_whole_register(void)
{
    ap_register_output_filter(NAME, pass, NULL, AP_FTYPE_PROTOCOL);
}

void wasm_whole_or_closed(request_rec *r)
{
    ap_add_output_filter(NAME, apr_pcalloc(r->pool, sizeof(int)), r,
                         r->connection);
}
