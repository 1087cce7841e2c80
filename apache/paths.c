/*
 * paths.c -- the files and directories that directives name: what a relative
 * one means, whether it exists, and what an .htaccess may reach.
 */
#include "mod_wasm.h"

/* httpd reads .htaccess into the request's pool and has no other one then */
int wasm_in_htaccess(cmd_parms *cmd)
{
    return ap_check_cmd_context(cmd, NOT_IN_HTACCESS) != NULL;
}

static const char *without_end_slash(apr_pool_t *p, const char *path)
{
    apr_size_t length = strlen(path);

    while (length > 1 && path[length - 1] == '/')
        length--;
    return apr_pstrndup(p, path, length);
}

/* cmd->path is a pattern inside <Files>, so ask the file itself */
const char *wasm_htaccess_directory(cmd_parms *cmd)
{
    return without_end_slash(cmd->pool,
        ap_make_dirstr_parent(cmd->pool, cmd->directive->filename));
}

/* Both absolute and free of "." and ".." */
int wasm_is_beneath(const char *path, const char *directory)
{
    apr_size_t length = strlen(directory);

    if (length == 1 && directory[0] == '/')
        return path[0] == '/';
    return strncmp(path, directory, length) == 0
           && (path[length] == '\0' || path[length] == '/');
}

/* The WasmRoot that this place of the configuration file stands under: the
 * last one of the own section, else of the enclosing one, and so on out to
 * the main server. Read from the tree, so that the order does not matter. */
static const char *root_in_force(cmd_parms *cmd)
{
    const ap_directive_t *parent = cmd->directive->parent;

    for (;;) {
        const ap_directive_t *at = parent ? parent->first_child : ap_conftree;
        const char *root = NULL;

        for (; at; at = at->next) {
            if (strcasecmp(at->directive, "WasmRoot") == 0) {
                const char *words = at->args;
                root = ap_getword_conf(cmd->pool, &words);
            }
        }
        if (root)
            return root;
        if (!parent)
            return NULL;
        parent = parent->parent;
    }
}

static const char *joined(apr_pool_t *p, const char *root, const char *path)
{
    char *full;

    if (apr_filepath_merge(&full, root, path, APR_FILEPATH_NOTRELATIVE, p)
        != APR_SUCCESS)
        return NULL;
    return full;
}

/* The absolute path that a directive means, or NULL for an impossible one.
 * An absolute path of the admin stays as it was written; one of an .htaccess
 * loses "." and "..", because it is compared. */
const char *wasm_path_in_force(cmd_parms *cmd, const wasm_dir_conf *conf,
                               const char *path, wasm_path_kind kind)
{
    const char *root = NULL;

    if (wasm_in_htaccess(cmd)) {
        const char *base = wasm_htaccess_directory(cmd);

        if (kind == WASM_PATH_MODULE && conf->root)
            base = joined(cmd->pool, base, conf->root);
        path = base ? joined(cmd->pool, base, path) : NULL;
        return path ? without_end_slash(cmd->pool, path) : NULL;
    }
    if (path[0] == '/')
        return path;
    if (kind == WASM_PATH_MODULE)
        root = root_in_force(cmd);
    if (root) {
        root = ap_server_root_relative(cmd->pool, root);
        return root ? joined(cmd->pool, root, path) : NULL;
    }
    return ap_server_root_relative(cmd->pool, path);
}

static const char *fault_of(apr_pool_t *p, apr_status_t status)
{
    char text[120];

    apr_strerror(status, text, sizeof(text));
    return apr_pstrdup(p, text);
}

/* NULL, or why no module can be in this file. */
const char *wasm_module_fault(apr_pool_t *p, const char *path)
{
    static const char magic[4] = {'\0', 'a', 's', 'm'};
    char start[4];
    apr_size_t length;
    apr_finfo_t info;
    apr_file_t *file;
    apr_status_t status;

    status = apr_stat(&info, path, APR_FINFO_TYPE, p);
    if (status != APR_SUCCESS)
        return fault_of(p, status);
    if (info.filetype != APR_REG)
        return "not a regular file";
    status = apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY,
                           APR_OS_DEFAULT, p);
    if (status != APR_SUCCESS)
        return fault_of(p, status);
    status = apr_file_read_full(file, start, sizeof(start), &length);
    apr_file_close(file);
    if (status != APR_SUCCESS || memcmp(start, magic, sizeof(magic)) != 0)
        return "not a WebAssembly file (it does not start with \\0asm)";
    return NULL;
}

const char *wasm_directory_fault(apr_pool_t *p, const char *path)
{
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, path, APR_FINFO_TYPE, p);

    if (status != APR_SUCCESS)
        return fault_of(p, status);
    return info.filetype == APR_DIR ? NULL : "not a directory";
}

/* For an .htaccess: never opens a file (it may be a pipe that blocks) and
 * never follows the last link; the responder walks the path itself. */
static const char *tenant_fault(apr_pool_t *p, const char *path,
                                apr_filetype_e type)
{
    apr_finfo_t info;
    apr_status_t status;

    status = apr_stat(&info, path, APR_FINFO_TYPE | APR_FINFO_LINK, p);
    if (status != APR_SUCCESS)
        return fault_of(p, status);
    if (info.filetype == type || info.filetype == APR_LNK)
        return NULL;
    return type == APR_DIR ? "not a directory" : "not a regular file";
}

/* What is watched may come and go, as restart.txt does: its directory has to
 * be there, or the path is a mistake. */
static const char *watched_fault(apr_pool_t *p, const char *path)
{
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, path, APR_FINFO_TYPE, p);
    const char *parent;

    if (status == APR_SUCCESS)
        return NULL;
    parent = ap_make_dirstr_parent(p, without_end_slash(p, path));
    return APR_STATUS_IS_ENOENT(status)
           && apr_stat(&info, parent, APR_FINFO_TYPE, p) == APR_SUCCESS
           ? NULL : fault_of(p, status);
}

const char *wasm_grant_fault(cmd_parms *cmd, const wasm_grant *grant,
                             wasm_path_kind kind)
{
    if (strlen(grant->host) > WASM_VALUE_MAX)
        return "path is too long";
    if (grant->tenant) {
        if (kind == WASM_PATH_WATCHED)
            return NULL;
        /* what lies elsewhere is judged at the request, when the roots
         * that the admin allows are known; its existence is not told */
        if (!wasm_is_beneath(grant->host, grant->tenant))
            return NULL;
        return tenant_fault(cmd->pool, grant->host,
                            kind == WASM_PATH_MODULE ? APR_REG : APR_DIR);
    }
    if (wasm_is_dump())
        return NULL;    /* it may be for root to see; looked at later */
    if (kind == WASM_PATH_MODULE)
        return wasm_module_fault(cmd->temp_pool, grant->host);
    if (kind == WASM_PATH_WATCHED)
        return watched_fault(cmd->temp_pool, grant->host);
    return wasm_directory_fault(cmd->temp_pool, grant->host);
}
