/*
 * note.c -- one directive as the dump tells it: where it stands, its words,
 * and what of them is a path or names a responder.
 */
#include <stdio.h>
#include "dump.h"

static apr_array_header_t *proxied;         /* wasm_proxied */

/* The section that a directive stands in, from the inside out. */
static void print_sections(cmd_parms *cmd)
{
    const ap_directive_t *at;
    const char *separator = "";

    wasm_json_name("sections");
    putchar('[');
    for (at = cmd->directive->parent; at; at = at->parent) {
        fputs(separator, stdout);
        wasm_json_value(apr_pstrcat(cmd->temp_pool, at->directive, " ",
                                    at->args, NULL));
        separator = ",";
    }
    putchar(']');
}

/* The absolute path that a directive of ours means, else NULL. */
static const char *path_of(cmd_parms *cmd, const char *const *words,
                           int count)
{
    const char *name = cmd->cmd->name;
    int is_module = strcmp(name, "WasmModule") == 0;
    int at = strncmp(name, "WasmMapDir", 10) == 0 ? 1 : 0;
    wasm_dir_conf none = {.root = NULL};
    const wasm_dir_conf *conf = NULL;

    if (at >= count)
        return NULL;
    if (strcmp(name, "WasmKeyFile") == 0 || strcmp(name, "DocumentRoot") == 0
        || strcmp(name, "SSLCertificateKeyFile") == 0)
        return ap_server_root_relative(cmd->pool, words[at]);
    if (!is_module && !at && strncmp(name, "WasmDir", 7) != 0)
        return NULL;
    if (cmd->context)
        conf = ap_get_module_config(cmd->context, &wasm_module);
    return wasm_path_in_force(cmd, conf ? conf : &none, words[at], is_module
                              ? WASM_PATH_MODULE : WASM_PATH_DIRECTORY);
}

static void note_proxied(cmd_parms *cmd, const char *word, int id)
{
    const char *url = ap_strstr_c(word, "fcgi://");
    const ap_directive_t *parent = cmd->directive->parent;
    wasm_proxied *found;

    if (!url)
        return;
    if (!proxied)
        proxied = apr_array_make(cmd->server->process->pconf, 4,
                                 sizeof(*found));
    url = strncmp(word, "proxy:", 6) == 0 ? word + 6 : word;
    found = apr_array_push(proxied);
    memset(found, 0, sizeof(*found));
    found->note = id;
    found->server = cmd->server;
    found->url = apr_pstrdup(proxied->pool, url);
    if (found->url[strlen(url) - 1] == '>')
        found->url = apr_pstrndup(proxied->pool, url, strlen(url) - 1);
    if (parent && strcasecmp(parent->directive, "<Proxy") == 0) {
        const char *words = parent->args;
        char *name = ap_getword_conf(proxied->pool, &words);

        if (*name && name[strlen(name) - 1] == '>')
            name[strlen(name) - 1] = '\0';
        if (strncasecmp(name, "balancer://", 11) == 0)
            found->balancer = name;
    }
}

static void print_words(cmd_parms *cmd, const char *args, int id)
{
    const char *words[64];
    int count = 0, i;

    while (*args && count < 64)
        words[count++] = ap_getword_conf(cmd->pool, &args);
    wasm_json_name("words");
    putchar('[');
    for (i = 0; i < count; i++) {
        if (i)
            putchar(',');
        wasm_json_value(words[i]);
        note_proxied(cmd, words[i], id);
    }
    putchar(']');
    wasm_json_text("path", path_of(cmd, words, count));
}

void wasm_note_print(cmd_parms *cmd, const char *args, int id)
{
    wasm_json_open("note");
    wasm_json_number("id", id);
    wasm_json_text("directive", cmd->cmd->name);
    wasm_json_text("file", cmd->directive->filename);
    wasm_json_number("line", cmd->directive->line_num);
    wasm_json_number("tenant", wasm_in_htaccess(cmd));
    wasm_json_text("server", wasm_server_id(cmd->temp_pool, cmd->server));
    print_sections(cmd);
    print_words(cmd, args, id);
    wasm_json_close();
}

const apr_array_header_t *wasm_proxied_lines(void)
{
    return proxied;
}
