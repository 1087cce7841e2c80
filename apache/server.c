/*
 * server.c -- the directives of a server: who answers (WasmServer), what httpd
 * starts (WasmCommand), and who signs (WasmKeyFile).
 */
#include <errno.h>
#include <unistd.h>
#include "mod_wasm.h"

wasm_server_conf *wasm_server_conf_of(server_rec *s)
{
    return ap_get_module_config(s->module_config, &wasm_module);
}

const char *wasm_set_server(cmd_parms *cmd, void *conf, const char *where)
{
    wasm_server_conf *server = wasm_server_conf_of(cmd->server);
    const char *colon = strrchr(where, ':');

    (void)conf;
    if (strcasecmp(where, "auto") == 0) {
        server->mode = WASM_SERVER_AUTO;
    }
    else if (strcasecmp(where, "fcgid") == 0) {
        server->mode = WASM_SERVER_FCGID;
    }
    else if (strncasecmp(where, "unix:", 5) == 0 && where[5]) {
        server->mode = WASM_SERVER_SOCKET;
        server->address = ap_runtime_dir_relative(cmd->pool, where + 5);
    }
    else if (strncasecmp(where, "balancer://", 11) == 0 && where[11]) {
        server->mode = WASM_SERVER_BALANCER;
        server->address = where + 11;
    }
    else if (colon && colon != where && atoi(colon + 1) > 0
             && atoi(colon + 1) <= 65535
             && strspn(colon + 1, "0123456789") == strlen(colon + 1)
             && !ap_strchr_c(where, '/')) {
        server->mode = WASM_SERVER_TCP;
        server->address = where;
    }
    else {
        return wasm_refused(cmd, where, "must be auto, unix:/path, host:port, "
                       "balancer://name or fcgid");
    }
    return NULL;
}

const char *wasm_set_command(cmd_parms *cmd, void *conf, const char *words)
{
    wasm_server_conf *server = wasm_server_conf_of(cmd->server);
    const char *fault = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void)conf;
    if (fault)
        return fault;
    server->command = NULL;
    while (*words) {
        const char *word = ap_getword_conf(cmd->pool, &words);

        *(const char **)wasm_push(cmd->pool, &server->command, sizeof(word))
            = word;
    }
    if (!server->command)
        return "WasmCommand needs a program and its arguments";
    return NULL;
}

const char *wasm_set_key_file(cmd_parms *cmd, void *conf, const char *path)
{
    wasm_server_conf *server = wasm_server_conf_of(cmd->server);
    const char *key;
    const char *fault;

    (void)conf;
    server->key_file = ap_server_root_relative(cmd->pool, path);
    if (!server->key_file)
        return wasm_refused(cmd, path, "not a path");
    fault = wasm_read_key(cmd->temp_pool, server->key_file, &key);
    if (wasm_is_dump()) {
        /* it may be for root alone to read, and a dump goes on */
        if (fault && (access(server->key_file, R_OK) == 0
                      || errno != EACCES))
            wasm_complain(cmd->server, apr_psprintf(cmd->temp_pool,
                          "%s:%d: WasmKeyFile %s: %s",
                          cmd->directive->filename, cmd->directive->line_num,
                          server->key_file, fault));
        return NULL;
    }
    return fault ? wasm_refused(cmd, server->key_file, fault) : NULL;
}
