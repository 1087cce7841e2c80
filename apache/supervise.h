/*
 * supervise.h -- what supervise.c and its parts share: one responder that httpd
 * starts itself, the common one or that of a WasmPool.
 */
#ifndef WASM_SUPERVISE_H
#define WASM_SUPERVISE_H

#include "apr_thread_proc.h"
#include "mod_wasm.h"

typedef struct responder responder;

/* Ends when its responder takes no more connections; see spawn.c. */
typedef struct {
    apr_proc_t proc;
    responder *of;
} wasm_guard;

/* Lives in retained data and in the pool of the process: a restart clears
 * pconf and unloads this module. */
struct responder {
    const char *name;       /* of the WasmPool; "" for the common one */
    apr_proc_t proc;        /* pid 0: none runs */
    wasm_guard *guard;
    pid_t parent;
    int socket;             /* -1: none is open */
    const char *path;
    const char *key;
    char **argv;            /* what says whether it fits */
    char **words;           /* argv, and the modules to load at the start */
    const char *user;       /* as unixd knows it */
    uid_t uid;
    gid_t gid;
    dev_t log_device;       /* its stderr: the main error log */
    ino_t log_inode;
    apr_time_t started;
    int fast_deaths;
    int wanted;             /* by the running configuration */
    apr_pool_t *process_pool;
    apr_pool_t *conf_pool;  /* of the running configuration */
    server_rec *server;
    responder *next;
};

/* socket.c */
const char *wasm_called(const responder *w);
int wasm_socket_open(responder *w);
void wasm_socket_close(responder *w);

/* command.c */
char **wasm_command_of(apr_pool_t *p, const apr_array_header_t *command,
                       const apr_array_header_t *options);
char **wasm_with_modules(apr_pool_t *p, char **argv,
                         const apr_array_header_t *modules);
int wasm_same_words(char **a, char **b);

/* spawn.c */
int wasm_spawn(responder *w, unsigned delay);

#endif
