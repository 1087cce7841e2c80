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
    if (!(later->kind & WASM_SCALAR) || !(earlier->kind & WASM_SCALAR)
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
        if (!note->by && module && (note->kind & WASM_PROGRAM))
            note->by = module->id;
    }
    apr_array_cat(conf->notes, add->notes);
    return conf;
}

static const char *note(cmd_parms *cmd, void *conf_, const char *args)
{
    watch_conf *conf = conf_;
    wasm_note *new = apr_array_push(conf->notes);
    int i;

    new->id = ++last_id;
    new->by = 0;
    new->kind = wasm_kind_of(cmd->cmd->name);
    new->tenant = wasm_in_htaccess(cmd);
    new->key = key_of(cmd, args);
    for (i = 0; i < conf->notes->nelts - 1; i++) {
        wasm_note *earlier = &APR_ARRAY_IDX(conf->notes, i, wasm_note);

        if (!earlier->by && overrides(new, earlier, 1))
            earlier->by = new->id;
    }
    wasm_note_print(cmd, args, new->id);
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
    stay_in_memory();
    foreign_used = apr_hash_make(p);
    watch_module.cmds = wasm_watched(p, (cmd_func){.raw_args = note});
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
