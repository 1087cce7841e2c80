/*
 * key.c -- the key file: read only when nobody else could have written it.
 */
#include <unistd.h>
#include "apr_file_io.h"
#include "apr_lib.h"
#include "apr_strings.h"
#include "unixd.h"
#include "mod_wasm.h"

/* Could anybody know, or have chosen, what stands in it? */
static const char *key_file_fault(const apr_finfo_t *info)
{
    if (info->filetype != APR_REG)
        return "not a regular file";
    if (info->protection & APR_FPROT_WREAD)
        return "everybody can read it; change its mode to 0640";
    if (info->protection & APR_FPROT_WWRITE)
        return "everybody can write it; change its mode to 0640";
    return NULL;
}

/* Once it is known which User httpd has: that one knows the key anyway. */
const char *wasm_key_owner_fault(apr_pool_t *p, const char *file)
{
    uid_t me = geteuid() == 0 || wasm_is_dump() ? ap_unixd_config.user_id
                                                : geteuid();
    apr_finfo_t info;

    if (apr_stat(&info, file, APR_FINFO_USER, p) != APR_SUCCESS
        || info.user == 0 || info.user == me)
        return NULL;
    return apr_psprintf(p, "belongs to uid %ld; it must belong to root or to "
                        "uid %ld", (long)info.user, (long)me);
}

/* The trimmed text of a key file. Answers NULL, or what is wrong with it. */
const char *wasm_read_key(apr_pool_t *p, const char *file, const char **key)
{
    char text[4096];
    apr_size_t length = 0;
    apr_finfo_t info;
    apr_file_t *open;
    apr_status_t status;
    const char *fault;
    char *start = text;

    status = apr_stat(&info, file, APR_FINFO_TYPE | APR_FINFO_PROT, p);
    if (status == APR_SUCCESS) {
        fault = key_file_fault(&info);
        if (fault)
            return fault;
        status = apr_file_open(&open, file, APR_FOPEN_READ, APR_OS_DEFAULT,
                               p);
    }
    if (status != APR_SUCCESS)
        return apr_strerror(status, apr_palloc(p, 120), 120);
    apr_file_read_full(open, text, sizeof(text) - 1, &length);
    apr_file_close(open);
    text[length] = '\0';
    while (apr_isspace(*start))
        start++;
    length = strlen(start);
    while (length && apr_isspace(start[length - 1]))
        length--;
    if (length < WASM_KEY_MIN || length > WASM_KEY_MAX)
        return "a key has 32 to 4,000 characters";
    *key = apr_pstrndup(p, start, length);
    return NULL;
}
