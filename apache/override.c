/*
 * override.c -- WasmAllowOverride: which directives an .htaccess may use.
 *
 * When an .htaccess is read, the record of the place that it stands in is not
 * known yet. So what it uses is noted with file and line, and judged against
 * the merged record when a request wants it. Who may be asked over the network
 * is never implied: Hosts has to be named.
 */
#include "mod_wasm.h"

static const struct {
    const char *name;
    const char *directives[5];
} classes[WASM_CLASSES] = {
    {"Args", {"WasmArg"}},
    {"Env", {"WasmEnv"}},
    {"CGI", {"WasmEnableCGI", "WasmMapCGIFileNames", "WasmContentType",
             "WasmEntryPoint"}},
    {"Module", {"WasmModule", "WasmRoot"}},
    {"Dirs", {"WasmDir", "WasmDirReadOnly", "WasmMapDir",
              "WasmMapDirReadOnly"}},
    {"Limits", {"WasmLimit", "WasmTimeout"}},
    {"Snapshot", {"WasmSnapshot", "WasmSnapshotMaxAge",
                  "WasmSnapshotWatch"}},
    {"Hosts", {"WasmAllowHost"}},
};

/* All but the last */
#define ALL_CLASSES ((1 << (WASM_CLASSES - 1)) - 1)
#define CLASS_NAMES "Args, Env, CGI, Module, Dirs, Limits, " \
                    "Snapshot and Hosts"

static int class_of(const char *directive)
{
    int i, j;

    for (i = 0; i < WASM_CLASSES; i++) {
        for (j = 0; j < 5 && classes[i].directives[j]; j++) {
            if (strcasecmp(classes[i].directives[j], directive) == 0)
                return i;
        }
    }
    return -1;
}

/* Every directive of a section begins with this: the section uses Wasm. */
void wasm_note_use(cmd_parms *cmd, wasm_dir_conf *conf)
{
    int class = wasm_in_htaccess(cmd) ? class_of(cmd->cmd->name) : -1;

    conf->used = 1;
    if (class >= 0 && !conf->tenant_uses[class])
        conf->tenant_uses[class]
            = apr_psprintf(cmd->pool, "%s:%d: %s", cmd->directive->filename,
                           cmd->directive->line_num, cmd->cmd->name);
}

static int bits_of(const char *word)
{
    int i;

    if (strcasecmp(word, "All") == 0)
        return ALL_CLASSES;
    for (i = 0; i < WASM_CLASSES; i++) {
        if (strcasecmp(word, classes[i].name) == 0)
            return 1 << i;
    }
    return strcasecmp(word, "None") == 0 ? 0 : -1;
}

const char *wasm_set_allow_override(cmd_parms *cmd, void *conf_,
                                    const char *words)
{
    wasm_dir_conf *conf = conf_;
    const char *fault = "WasmAllowOverride needs None, All or a list of "
                        CLASS_NAMES;

    conf->used = 1;
    conf->allow = 0;
    while (*words) {
        const char *word = ap_getword_conf(cmd->pool, &words);
        int bits = bits_of(word);

        if (bits < 0)
            return apr_psprintf(cmd->pool, "WasmAllowOverride %.40s: must be "
                                "None, All or a list of " CLASS_NAMES, word);
        conf->allow |= bits;
        fault = NULL;
    }
    return fault;
}

/* A section with WasmModule drops what it inherits, and so who said it;
 * limits are inherited in either case. */
void wasm_merge_override(wasm_dir_conf *conf, const wasm_dir_conf *base)
{
    int i;

    if (conf->allow == WASM_FLAG_UNSET)
        conf->allow = base->allow;
    for (i = 0; i < WASM_CLASSES; i++) {
        if (!conf->tenant_uses[i] && (!conf->module || i == WASM_CLASS_LIMITS))
            conf->tenant_uses[i] = base->tenant_uses[i];
    }
}

/* NULL, or what an .htaccess used that this place does not allow. */
const char *wasm_override_fault(apr_pool_t *p, const wasm_dir_conf *conf)
{
    int allow = conf->allow == WASM_FLAG_UNSET ? ALL_CLASSES : conf->allow;
    int i;

    for (i = 0; i < WASM_CLASSES; i++) {
        if (conf->tenant_uses[i] && !(allow & (1 << i)))
            return apr_psprintf(p, "%s: WasmAllowOverride of this place does "
                                "not allow %s", conf->tenant_uses[i],
                                classes[i].name);
    }
    return NULL;
}
