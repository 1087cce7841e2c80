/*
 * directives.c -- configuration text to the records of sections.
 */
#include <unistd.h>
#include "mod_wasm.h"

/* "WasmDir /srv/x: problem" */
const char *wasm_refused(cmd_parms *cmd, const char *value,
                         const char *problem)
{
    const char *place = "";

    if (wasm_in_htaccess(cmd))      /* httpd tells the file, not the line */
        place = apr_psprintf(cmd->pool, "line %d: ",
                             cmd->directive->line_num);
    return apr_psprintf(cmd->pool, "%s%s %.200s: %s", place, cmd->cmd->name,
                        value, problem);
}

/* Every value travels as one FastCGI param. */
static const char *unfit(cmd_parms *cmd, const char *value)
{
    if (strlen(value) > WASM_VALUE_MAX)
        return wasm_refused(cmd, apr_pstrndup(cmd->pool, value, 40),
                       "longer than 16,000 bytes, which FastCGI modules "
                       "do not carry");
    return NULL;
}

void *wasm_push(apr_pool_t *p, apr_array_header_t **list, int size)
{
    if (!*list)
        *list = apr_array_make(p, 2, size);
    return apr_array_push(*list);
}

static const char *set_root(cmd_parms *cmd, void *conf_, const char *dir)
{
    wasm_dir_conf *conf = conf_;

    wasm_note_use(cmd, conf);
    conf->root = dir;
    return unfit(cmd, dir);
}

static const char *fill_grant(cmd_parms *cmd, wasm_dir_conf *conf,
                              wasm_grant *grant, const char *path,
                              wasm_path_kind kind)
{
    const char *problem;

    wasm_note_use(cmd, conf);
    if (!*path)
        return wasm_refused(cmd, "\"\"", "needs a path");
    grant->host = wasm_path_in_force(cmd, conf, path, kind);
    if (!grant->host)
        return wasm_refused(cmd, path, "not a path");
    if (wasm_in_htaccess(cmd)) {
        grant->tenant = wasm_htaccess_directory(cmd);
        grant->source = apr_psprintf(cmd->pool, "%s:%d: %s",
                                     cmd->directive->filename,
                                     cmd->directive->line_num,
                                     cmd->cmd->name);
    }
    problem = wasm_grant_fault(cmd, grant, kind);
    return problem ? wasm_refused(cmd, grant->host, problem) : NULL;
}

static const char *set_module(cmd_parms *cmd, void *conf_, const char *path)
{
    wasm_dir_conf *conf = conf_;
    wasm_grant *grant = apr_pcalloc(cmd->pool, sizeof(*grant));

    conf->module = grant;
    return fill_grant(cmd, conf, grant, path, WASM_PATH_MODULE);
}

/* cmd->info is set for the read-only directives */
static const char *add_dir(cmd_parms *cmd, void *conf_, const char *path)
{
    wasm_dir_conf *conf = conf_;
    wasm_grant *grant = wasm_push(cmd->pool, &conf->dirs, sizeof(*grant));

    memset(grant, 0, sizeof(*grant));
    grant->read_only = cmd->info != NULL;
    return fill_grant(cmd, conf, grant, path, WASM_PATH_DIRECTORY);
}

static const char *add_map(cmd_parms *cmd, void *conf_, const char *guest,
                           const char *path)
{
    wasm_dir_conf *conf = conf_;
    wasm_grant *grant = wasm_push(cmd->pool, &conf->maps, sizeof(*grant));

    memset(grant, 0, sizeof(*grant));
    grant->guest = guest;
    grant->read_only = cmd->info != NULL;
    if (!*guest)
        return wasm_refused(cmd, "\"\"", "needs a name for the program to use");
    if (strlen(guest) > WASM_VALUE_MAX)
        return unfit(cmd, guest);
    return fill_grant(cmd, conf, grant, path, WASM_PATH_DIRECTORY);
}

/* Takes exactly count words, empty ones ("") too, which TAKE1 refuses. */
static const char *take_words(cmd_parms *cmd, const char *line,
                              const char **words, int count)
{
    int i;

    for (i = 0; i < count && *line; i++)
        words[i] = ap_getword_conf(cmd->pool, &line);
    if (i == count && !*line)
        return NULL;
    return apr_psprintf(cmd->pool, "%s takes %s, %s", cmd->cmd->name,
                        count == 1 ? "one argument" : "two arguments",
                        cmd->cmd->errmsg);
}

static const char *add_arg(cmd_parms *cmd, void *conf_, const char *line)
{
    wasm_dir_conf *conf = conf_;
    const char *arg = "";
    const char *fault = take_words(cmd, line, &arg, 1);

    if (fault)
        return fault;
    wasm_note_use(cmd, conf);
    *(const char **)wasm_push(cmd->pool, &conf->args, sizeof(arg)) = arg;
    return unfit(cmd, arg);
}

static const char *add_env(cmd_parms *cmd, void *conf_, const char *line)
{
    wasm_dir_conf *conf = conf_;
    const char *words[2] = {"", ""};
    const char *fault = take_words(cmd, line, words, 2);
    wasm_pair *pair;

    if (fault)
        return fault;
    wasm_note_use(cmd, conf);
    pair = wasm_push(cmd->pool, &conf->env, sizeof(*pair));
    pair->name = words[0];
    pair->value = words[1];
    if (!*pair->name || ap_strchr_c(pair->name, '='))
        return wasm_refused(cmd, pair->name,
                            "a name is not empty and has no '='");
    if (strlen(pair->name) > WASM_VALUE_MAX)
        return unfit(cmd, pair->name);
    return unfit(cmd, pair->value);
}

static const char *set_cgi(cmd_parms *cmd, void *conf_, int on)
{
    wasm_dir_conf *conf = conf_;

    wasm_note_use(cmd, conf);
    conf->cgi = on;
    return NULL;
}

static const char *set_map_names(cmd_parms *cmd, void *conf_, int on)
{
    wasm_dir_conf *conf = conf_;

    wasm_note_use(cmd, conf);
    conf->map_names = on;
    return NULL;
}

static const char *set_snapshot(cmd_parms *cmd, void *conf_, int on)
{
    wasm_dir_conf *conf = conf_;

    wasm_note_use(cmd, conf);
    conf->snapshot = on;
    return NULL;
}

static const char *set_snapshot_age(cmd_parms *cmd, void *conf_,
                                    const char *time)
{
    wasm_dir_conf *conf = conf_;
    const char *fault = wasm_snapshot_age_set(&conf->snapshot_age, time);

    wasm_note_use(cmd, conf);
    return fault ? wasm_refused(cmd, time, fault) : NULL;
}

static const char *add_watched(cmd_parms *cmd, void *conf_, const char *path)
{
    wasm_dir_conf *conf = conf_;
    wasm_grant *grant = wasm_push(cmd->pool, &conf->watched, sizeof(*grant));

    memset(grant, 0, sizeof(*grant));
    return fill_grant(cmd, conf, grant, path, WASM_PATH_WATCHED);
}

static const char *set_entry_point(cmd_parms *cmd, void *conf_,
                                   const char *name)
{
    wasm_dir_conf *conf = conf_;

    wasm_note_use(cmd, conf);
    conf->entry_point = name;
    return *name ? unfit(cmd, name)
                 : wasm_refused(cmd, "\"\"", "needs the name of an export");
}

static const char *set_content_type(cmd_parms *cmd, void *conf_,
                                    const char *type)
{
    wasm_dir_conf *conf = conf_;
    const char *at;

    wasm_note_use(cmd, conf);
    conf->content_type = type;
    for (at = type; *at; at++) {
        if (apr_iscntrl(*at))
            return wasm_refused(cmd, "type", "has control characters");
    }
    if (!ap_strchr_c(type, '/'))
        return wasm_refused(cmd, type, "not a media type such as text/plain");
    return unfit(cmd, type);
}

static const char *limit_fault(cmd_parms *cmd, wasm_dir_conf *conf,
                               const char *name, const char *value)
{
    wasm_note_use(cmd, conf);
    return wasm_limit_set(cmd->pool, wasm_in_htaccess(cmd) ? conf->lower
                          : conf->limits, name, value);
}

static const char *set_limit(cmd_parms *cmd, void *conf, const char *name,
                             const char *value)
{
    const char *fault = limit_fault(cmd, conf, name, value);
    const char *both = apr_pstrcat(cmd->temp_pool, name, " ", value, NULL);

    return fault ? wasm_refused(cmd, both, fault) : NULL;
}

static const char *set_timeout(cmd_parms *cmd, void *conf, const char *time)
{
    const char *fault = limit_fault(cmd, conf, "timeout", time);

    return fault ? wasm_refused(cmd, time, fault) : NULL;
}

static const char *add_htaccess_root(cmd_parms *cmd, void *conf_,
                                     const char *path)
{
    wasm_dir_conf *conf = conf_;
    const char *full = *path ? ap_server_root_relative(cmd->pool, path)
                             : NULL;
    const char *problem = full ? wasm_directory_fault(cmd->temp_pool, full)
                               : "needs a directory";
    char *plain;

    wasm_note_use(cmd, conf);
    if (full && wasm_is_dump())
        problem = NULL;
    if (!problem && apr_filepath_merge(&plain, "/", full,
                        APR_FILEPATH_NOTRELATIVE, cmd->pool) != APR_SUCCESS)
        problem = "not a path";
    if (problem)
        return wasm_refused(cmd, path, problem);
    while (strlen(plain) > 1 && plain[strlen(plain) - 1] == '/')
        plain[strlen(plain) - 1] = '\0';
    *(const char **)wasm_push(cmd->pool, &conf->htaccess_roots, sizeof(plain))
        = plain;
    return NULL;
}

#define ANYWHERE OR_OPTIONS
#define READ_ONLY ((void *)1)

const command_rec wasm_commands[] = {
    AP_INIT_TAKE1("WasmRoot", set_root, NULL, ANYWHERE,
                  "directory that a relative WasmModule starts from"),
    AP_INIT_TAKE1("WasmModule", set_module, NULL, ANYWHERE,
                  "WebAssembly file to run"),
    AP_INIT_TAKE1("WasmDir", add_dir, NULL, ANYWHERE,
                  "directory the program may use under its own name"),
    AP_INIT_TAKE1("WasmDirReadOnly", add_dir, READ_ONLY, ANYWHERE,
                  "like WasmDir, for reading only"),
    AP_INIT_TAKE2("WasmMapDir", add_map, NULL, ANYWHERE,
                  "name inside, and the directory the program may use"),
    AP_INIT_TAKE2("WasmMapDirReadOnly", add_map, READ_ONLY, ANYWHERE,
                  "like WasmMapDir, for reading only"),
    AP_INIT_RAW_ARGS("WasmArg", add_arg, NULL, ANYWHERE,
                  "next argument of the program"),
    AP_INIT_RAW_ARGS("WasmEnv", add_env, NULL, ANYWHERE,
                  "name and value of an environment variable"),
    AP_INIT_RAW_ARGS("WasmAllowHost", wasm_allow_host, NULL, ANYWHERE,
                     "[private] [methods] and origins a program may ask"),
    AP_INIT_FLAG("WasmEnableCGI", set_cgi, NULL, ANYWHERE,
                 "On: the program speaks CGI; Off: its output is the body"),
    AP_INIT_FLAG("WasmMapCGIFileNames", set_map_names, NULL, ANYWHERE,
                 "On: CGI file names are those that the program sees"),
    AP_INIT_TAKE1("WasmEntryPoint", set_entry_point, NULL, ANYWHERE,
                  "export to call instead of _start"),
    AP_INIT_TAKE1("WasmContentType", set_content_type, NULL, ANYWHERE,
                  "media type of what a program without CGI prints"),
    AP_INIT_FLAG("WasmSnapshot", set_snapshot, NULL, ANYWHERE,
                 "On: requests begin where the program asked for one"),
    AP_INIT_TAKE1("WasmSnapshotMaxAge", set_snapshot_age, NULL, ANYWHERE,
                  "time after which a snapshot is made anew"),
    AP_INIT_ITERATE("WasmSnapshotWatch", add_watched, NULL, ANYWHERE,
                    "files and directories whose change makes it anew"),
    AP_INIT_TAKE2("WasmLimit", set_limit, NULL, ANYWHERE,
                  "name of a limit of each run, and its value"),
    AP_INIT_TAKE1("WasmTimeout", set_timeout, NULL, ANYWHERE,
                  "longest time that one run may take"),
    AP_INIT_ITERATE("WasmHtaccessRoot", add_htaccess_root, NULL,
                    RSRC_CONF | ACCESS_CONF,
                    "directories that .htaccess files may hand out"),
    AP_INIT_RAW_ARGS("WasmAllowOverride", wasm_set_allow_override, NULL,
                     RSRC_CONF | ACCESS_CONF,
                     "None, All, or what .htaccess files may use"),
    AP_INIT_TAKE1("WasmServer", wasm_set_server, NULL, RSRC_CONF,
                  "auto, unix:/path, host:port, balancer://name or fcgid"),
    AP_INIT_RAW_ARGS("WasmCommand", wasm_set_command, NULL, RSRC_CONF,
                     "program and arguments that WasmServer auto starts"),
    AP_INIT_RAW_ARGS("WasmPool", wasm_set_pool, NULL, RSRC_CONF,
                     "name, user=, group= and options of a responder"),
    AP_INIT_TAKE1("WasmUsePool", wasm_use_pool, NULL,
                  RSRC_CONF | ACCESS_CONF,
                  "name of the WasmPool that runs the programs of a place"),
    AP_INIT_TAKE1("WasmKeyFile", wasm_set_key_file, NULL, RSRC_CONF,
                  "file with the key that signs params"),
    {.name = NULL}
};
