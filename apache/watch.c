/*
 * watch.c -- a module beside ours, for the dump alone: where each directive
 * stands, and which one decides.
 *
 * httpd calls every module that declares a directive. So this one declares
 * ours and those of others that concern a program once more, does nothing
 * but note them, and has httpd merge the notes as it merges the rest.
 */
#include <dlfcn.h>
#include <stdio.h>
#include "dump.h"

#define SCALAR 1    /* the last one counts */
#define PROGRAM 2   /* goes when a section has a WasmModule of its own */

/* Of the directives of other modules: where those allow them, and kind. */
static const struct {
    const char *name;
    int where;
    int kind;
} foreign[] = {
    {"SetHandler", OR_FILEINFO, SCALAR},
    {"AddHandler", OR_FILEINFO, 0},
    {"RemoveHandler", OR_FILEINFO, 0},
    {"CGIPassAuth", OR_AUTHCFG, SCALAR},
    {"LimitRequestBody", OR_ALL, SCALAR},
    {"SetEnv", OR_FILEINFO, 0},
    {"PassEnv", OR_FILEINFO, 0},
    {"DocumentRoot", RSRC_CONF, SCALAR},
    {"Timeout", RSRC_CONF, SCALAR},
    {"SSLCertificateKeyFile", RSRC_CONF, 0},
    {"<Proxy", RSRC_CONF, 0},
    {"BalancerMember", RSRC_CONF | ACCESS_CONF, 0},
    {"ProxyPass", RSRC_CONF | ACCESS_CONF, 0},
    {"ProxyPassMatch", RSRC_CONF | ACCESS_CONF, 0},
    {"ProxySet", RSRC_CONF | ACCESS_CONF, 0},
    {"ProxyTimeout", RSRC_CONF, SCALAR},
    {"ProxyFCGISetEnvIf", OR_FILEINFO, 0},
    {"FcgidMaxRequestLen", RSRC_CONF, SCALAR},
    {"FcgidIOTimeout", RSRC_CONF, SCALAR},
    {"FcgidBusyTimeout", RSRC_CONF, SCALAR},
};
#define FOREIGN (sizeof(foreign) / sizeof(foreign[0]))

static const struct {
    const char *name;
    int kind;
} ours[] = {
    {"WasmModule", SCALAR | PROGRAM},
    {"WasmDir", PROGRAM},
    {"WasmDirReadOnly", PROGRAM},
    {"WasmMapDir", PROGRAM},
    {"WasmMapDirReadOnly", PROGRAM},
    {"WasmArg", PROGRAM},
    {"WasmEnv", PROGRAM},
    {"WasmAllowHost", PROGRAM},
    {"WasmEnableCGI", SCALAR | PROGRAM},
    {"WasmMapCGIFileNames", SCALAR | PROGRAM},
    {"WasmEntryPoint", SCALAR | PROGRAM},
    {"WasmContentType", SCALAR | PROGRAM},
    {"WasmSnapshot", SCALAR | PROGRAM},
    {"WasmSnapshotMaxAge", SCALAR | PROGRAM},
    {"WasmSnapshotWatch", PROGRAM},
    {"WasmLimit", SCALAR},
    {"WasmTimeout", SCALAR},
    {"WasmServer", SCALAR},
    {"WasmCommand", SCALAR},
    {"WasmUsePool", SCALAR},
    {"WasmKeyFile", SCALAR},
    {"WasmAllowOverride", SCALAR},
};

typedef struct {
    int id;
    int by;             /* the note that overrides it; 0: it holds */
    int kind;
    int tenant;         /* stands in an .htaccess */
    const char *key;    /* of scalars: what it decides */
} wasm_note;

typedef struct {
    apr_array_header_t *notes;
} watch_conf;

static int last_id;
static apr_hash_t *foreign_used;            /* directive -> "file:line" */
static apr_array_header_t *proxied;         /* wasm_proxied */

static int kind_of(const char *name)
{
    apr_size_t i;

    for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (strcasecmp(ours[i].name, name) == 0)
            return ours[i].kind;
    }
    for (i = 0; i < FOREIGN; i++) {
        if (strcasecmp(foreign[i].name, name) == 0)
            return foreign[i].kind;
    }
    return 0;
}

static const char *key_of(cmd_parms *cmd, const char *args)
{
    const char *name = cmd->cmd->name;

    if (strcmp(name, "WasmTimeout") == 0)
        return "limit timeout";
    if (strcmp(name, "WasmLimit") == 0) {
        char *limit = ap_getword_conf(cmd->pool, &args);

        ap_str_tolower(limit);
        return apr_pstrcat(cmd->pool, "limit ", limit, NULL);
    }
    return name;
}

/* What an .htaccess says of a limit only lowers it, and the lowest counts;
 * all else is replaced. */
static int overrides(const wasm_note *later, const wasm_note *earlier,
                     int same_section)
{
    if (!(later->kind & SCALAR) || !(earlier->kind & SCALAR)
        || strcmp(later->key, earlier->key) != 0)
        return 0;
    return same_section || !later->tenant
           || strncmp(later->key, "limit ", 6) != 0;
}

static void *create_conf(apr_pool_t *p, char *dir)
{
    watch_conf *conf = apr_palloc(p, sizeof(*conf));

    (void)dir;
    conf->notes = apr_array_make(p, 4, sizeof(wasm_note));
    return conf;
}

static const wasm_note *module_of(const apr_array_header_t *notes)
{
    int i;

    for (i = 0; i < notes->nelts; i++) {
        const wasm_note *note = &APR_ARRAY_IDX(notes, i, wasm_note);

        if (!note->by && strcmp(note->key, "WasmModule") == 0)
            return note;
    }
    return NULL;
}

static void *merge_conf(apr_pool_t *p, void *base_, void *add_)
{
    const watch_conf *add = add_;
    watch_conf *conf = create_conf(p, NULL);
    const wasm_note *module = module_of(add->notes);
    int i, j;

    apr_array_cat(conf->notes, ((watch_conf *)base_)->notes);
    for (i = 0; i < conf->notes->nelts; i++) {
        wasm_note *note = &APR_ARRAY_IDX(conf->notes, i, wasm_note);

        for (j = 0; !note->by && j < add->notes->nelts; j++) {
            const wasm_note *later = &APR_ARRAY_IDX(add->notes, j, wasm_note);

            if (!later->by && overrides(later, note, 0))
                note->by = later->id;
        }
        if (!note->by && module && (note->kind & PROGRAM))
            note->by = module->id;
    }
    apr_array_cat(conf->notes, add->notes);
    return conf;
}

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

static const char *note(cmd_parms *cmd, void *conf_, const char *args)
{
    watch_conf *conf = conf_;
    wasm_note *new = apr_array_push(conf->notes);
    int i;

    new->id = ++last_id;
    new->by = 0;
    new->kind = kind_of(cmd->cmd->name);
    new->tenant = wasm_in_htaccess(cmd);
    new->key = key_of(cmd, args);
    for (i = 0; i < conf->notes->nelts - 1; i++) {
        wasm_note *earlier = &APR_ARRAY_IDX(conf->notes, i, wasm_note);

        if (!earlier->by && overrides(new, earlier, 1))
            earlier->by = new->id;
    }
    wasm_json_open("note");
    wasm_json_number("id", new->id);
    wasm_json_text("directive", cmd->cmd->name);
    wasm_json_text("file", cmd->directive->filename);
    wasm_json_number("line", cmd->directive->line_num);
    wasm_json_number("tenant", new->tenant);
    wasm_json_text("server", wasm_server_id(cmd->temp_pool, cmd->server));
    print_sections(cmd);
    print_words(cmd, args, new->id);
    wasm_json_close();
    if (cmd->info)
        apr_hash_set(foreign_used, cmd->cmd->name, APR_HASH_KEY_STRING,
                     apr_psprintf(apr_hash_pool_get(foreign_used),
                                  "%s:%d", cmd->directive->filename,
                                  cmd->directive->line_num));
    return NULL;
}

static module watch_module = {
    STANDARD20_MODULE_STUFF,
    create_conf,
    merge_conf,
    NULL,
    NULL,
    NULL,
    NULL,
#ifdef AP_MODULE_FLAG_NONE
    AP_MODULE_FLAG_NONE
#endif
};

static int length_of_ours(void)
{
    int count = 0;

    while (wasm_commands[count].name)
        count++;
    return count;
}

/* httpd takes modules out of its list when it ends, ours first with its
 * memory, and walks over the rest. */
static void stay_in_memory(void)
{
    Dl_info self;

    if (dladdr(&watch_module, &self))
        dlopen(self.dli_fname, RTLD_NOW | RTLD_NODELETE);
}

/* Answers NULL, or why httpd does not take the module. */
const char *wasm_watch_register(apr_pool_t *p)
{
    int count = length_of_ours();
    command_rec *commands = apr_pcalloc(p, (count + FOREIGN + 1)
                                           * sizeof(*commands));
    int i;

    memcpy(commands, wasm_commands, count * sizeof(*commands));
    for (i = 0; i < count + (int)FOREIGN; i++) {
        commands[i].func.raw_args = note;
        commands[i].args_how = RAW_ARGS;
        commands[i].cmd_data = NULL;
        if (i < count)
            continue;
        commands[i].name = foreign[i - count].name;
        commands[i].req_override = foreign[i - count].where;
        commands[i].cmd_data = (void *)foreign;
        commands[i].errmsg = "of another module";
    }
    stay_in_memory();
    foreign_used = apr_hash_make(p);
    watch_module.cmds = commands;
    return ap_add_loaded_module(&watch_module, p, "wasm_watch_module");
}

/* The directives that hold for a request, and those that they override. */
void wasm_watch_print(const request_rec *r)
{
    const watch_conf *conf = ap_get_module_config(r->per_dir_config,
                                                  &watch_module);
    int i;

    wasm_json_name("said");
    putchar('[');
    for (i = 0; conf && i < conf->notes->nelts; i++) {
        const wasm_note *note = &APR_ARRAY_IDX(conf->notes, i, wasm_note);

        printf("%s[%d,%d]", i ? "," : "", note->id, note->by);
    }
    putchar(']');
}

static int is_known(const char *directive)
{
    const command_rec *at;
    module *m;

    for (m = ap_top_module; m; m = m->next) {
        if (m == &watch_module || !m->cmds)
            continue;
        for (at = m->cmds; at->name; at++) {
            if (strcasecmp(at->name, directive) == 0)
                return 1;
        }
    }
    return 0;
}

/* Without us httpd would have refused a directive that no module knows. */
void wasm_watch_foreign(void)
{
    apr_hash_index_t *at = apr_hash_first(NULL, foreign_used);

    for (; at; at = apr_hash_next(at)) {
        const char *directive = apr_hash_this_key(at);

        if (is_known(directive))
            continue;
        wasm_json_open("unknown");
        wasm_json_text("directive", directive);
        wasm_json_text("place", apr_hash_this_val(at));
        wasm_json_close();
    }
}

const apr_array_header_t *wasm_watch_proxied(void)
{
    return proxied;
}
