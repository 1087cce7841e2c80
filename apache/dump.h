/*
 * dump.h -- what the files of the dump share: httpd -M -D DUMP_WASM, which
 * `wasm-fcgi check --apache` runs. It prints one JSON object on each line.
 *
 * dump.c     servers and workers
 * walk.c     what becomes of one URL
 * watch.c    which directive decides
 * kinds.c    ... and which of them there are
 * note.c     where each one stands, and its words
 * pretend.c  a request that nobody sent
 * json.c     text to JSON
 */
#ifndef WASM_DUMP_H
#define WASM_DUMP_H

#include "mod_wasm.h"

/* A directive with an "fcgi://" in it: mod_proxy may have a worker for it. */
typedef struct {
    int note;               /* of the line */
    server_rec *server;
    const char *url;
    const char *balancer;   /* balancer://name, or NULL */
} wasm_proxied;

/* json.c */
void wasm_json_open(const char *kind);
void wasm_json_name(const char *name);
void wasm_json_value(const char *text);
void wasm_json_text(const char *name, const char *text);
void wasm_json_number(const char *name, apr_int64_t number);
void wasm_json_close(void);
const char *wasm_server_id(apr_pool_t *p, const server_rec *s);

/* walk.c */
void wasm_walk_register(void);
void wasm_walk(apr_pool_t *p, server_rec *main_server, const char *url);

/* watch.c */
const char *wasm_watch_register(apr_pool_t *p);
void wasm_watch_print(const request_rec *r);
void wasm_watch_foreign(void);

/* kinds.c */
#define WASM_SCALAR 1   /* the last one counts */
#define WASM_PROGRAM 2  /* goes when a section has a WasmModule of its own */
int wasm_kind_of(const char *directive);
/* All of them, handed to `note`; those of others have cmd_data. */
command_rec *wasm_watched(apr_pool_t *p, cmd_func note);

/* note.c */
void wasm_note_print(cmd_parms *cmd, const char *args, int id);
const apr_array_header_t *wasm_proxied_lines(void);

/* pretend.c */
void wasm_pretend_register(void);
request_rec *wasm_pretend(apr_pool_t *p, server_rec *main_server,
                          const char *url, const char **fault);

#endif
