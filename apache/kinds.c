/*
 * kinds.c -- the directives that the dump watches, ours and those of others
 * that concern a program, and what each one overrides.
 */
#include "dump.h"

/* Of the directives of other modules: where those allow them, and kind. */
static const struct {
    const char *name;
    int where;
    int kind;
} foreign[] = {
    {"SetHandler", OR_FILEINFO, WASM_SCALAR},
    {"AddHandler", OR_FILEINFO, 0},
    {"RemoveHandler", OR_FILEINFO, 0},
    {"CGIPassAuth", OR_AUTHCFG, WASM_SCALAR},
    {"LimitRequestBody", OR_ALL, WASM_SCALAR},
    {"SetEnv", OR_FILEINFO, 0},
    {"PassEnv", OR_FILEINFO, 0},
    {"DocumentRoot", RSRC_CONF, WASM_SCALAR},
    {"Timeout", RSRC_CONF, WASM_SCALAR},
    {"SSLCertificateKeyFile", RSRC_CONF, 0},
    {"<Proxy", RSRC_CONF, 0},
    {"BalancerMember", RSRC_CONF | ACCESS_CONF, 0},
    {"ProxyPass", RSRC_CONF | ACCESS_CONF, 0},
    {"ProxyPassMatch", RSRC_CONF | ACCESS_CONF, 0},
    {"ProxySet", RSRC_CONF | ACCESS_CONF, 0},
    {"ProxyTimeout", RSRC_CONF, WASM_SCALAR},
    {"ProxyFCGISetEnvIf", OR_FILEINFO, 0},
    {"FcgidMaxRequestLen", RSRC_CONF, WASM_SCALAR},
    {"FcgidIOTimeout", RSRC_CONF, WASM_SCALAR},
    {"FcgidBusyTimeout", RSRC_CONF, WASM_SCALAR},
};
#define FOREIGN (int)(sizeof(foreign) / sizeof(foreign[0]))

static const struct {
    const char *name;
    int kind;
} ours[] = {
    {"WasmModule", WASM_SCALAR | WASM_PROGRAM},
    {"WasmDir", WASM_PROGRAM},
    {"WasmDirReadOnly", WASM_PROGRAM},
    {"WasmMapDir", WASM_PROGRAM},
    {"WasmMapDirReadOnly", WASM_PROGRAM},
    {"WasmArg", WASM_PROGRAM},
    {"WasmEnv", WASM_PROGRAM},
    {"WasmAllowHost", WASM_PROGRAM},
    {"WasmEnableCGI", WASM_SCALAR | WASM_PROGRAM},
    {"WasmMapCGIFileNames", WASM_SCALAR | WASM_PROGRAM},
    {"WasmEntryPoint", WASM_SCALAR | WASM_PROGRAM},
    {"WasmContentType", WASM_SCALAR | WASM_PROGRAM},
    {"WasmSnapshot", WASM_SCALAR | WASM_PROGRAM},
    {"WasmSnapshotMaxAge", WASM_SCALAR | WASM_PROGRAM},
    {"WasmSnapshotWatch", WASM_PROGRAM},
    {"WasmLimit", WASM_SCALAR},
    {"WasmTimeout", WASM_SCALAR},
    {"WasmServer", WASM_SCALAR},
    {"WasmCommand", WASM_SCALAR},
    {"WasmUsePool", WASM_SCALAR},
    {"WasmKeyFile", WASM_SCALAR},
    {"WasmAllowOverride", WASM_SCALAR},
};

int wasm_kind_of(const char *name)
{
    int i;

    for (i = 0; i < (int)(sizeof(ours) / sizeof(ours[0])); i++) {
        if (strcasecmp(ours[i].name, name) == 0)
            return ours[i].kind;
    }
    for (i = 0; i < FOREIGN; i++) {
        if (strcasecmp(foreign[i].name, name) == 0)
            return foreign[i].kind;
    }
    return 0;
}

static int length_of_ours(void)
{
    int count = 0;

    while (wasm_commands[count].name)
        count++;
    return count;
}

command_rec *wasm_watched(apr_pool_t *p, cmd_func note)
{
    int count = length_of_ours(), i;
    command_rec *commands = apr_pcalloc(p, (count + FOREIGN + 1)
                                           * sizeof(*commands));

    memcpy(commands, wasm_commands, count * sizeof(*commands));
    for (i = 0; i < count + FOREIGN; i++) {
        commands[i].func = note;
        commands[i].args_how = RAW_ARGS;
        commands[i].cmd_data = NULL;
        if (i < count)
            continue;
        commands[i].name = foreign[i - count].name;
        commands[i].req_override = foreign[i - count].where;
        commands[i].cmd_data = (void *)foreign;
        commands[i].errmsg = "of another module";
    }
    return commands;
}
