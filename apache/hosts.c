/*
 * hosts.c -- WasmAllowHost: whom a program may ask.
 *
 * Each origin becomes one text, "private GET,HEAD https://host:port", which
 * the responder reads again; here a mistake is told when httpd starts.
 */
#include <arpa/inet.h>
#include "mod_wasm.h"

#define NAME_MAX_BYTES 253
#define LABEL_MAX_BYTES 63
#define METHOD_MAX_BYTES 32

/* "GET,M-SEARCH" */
static int is_methods(const char *word)
{
    for (;;) {
        apr_size_t length = strcspn(word, ",");

        if (!apr_isupper(*word) || length > METHOD_MAX_BYTES
            || strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") < length)
            return 0;
        if (!word[length])
            return 1;
        word += length + 1;
    }
}

/* Its last label is a number, as no name's is. */
static int is_numeric(const char *name)
{
    const char *dot = strrchr(name, '.');
    const char *label = dot ? dot + 1 : name;

    if (*label == '0' && apr_tolower(label[1]) == 'x')
        return strspn(label + 2, "0123456789abcdefABCDEF")
               == strlen(label + 2);
    return strspn(label, "0123456789") == strlen(label);
}

static int is_name(const char *name)
{
    const char *label = name;

    if (strlen(name) > NAME_MAX_BYTES)
        return 0;
    for (;;) {
        apr_size_t length = strcspn(label, ".");
        apr_size_t i;

        if (length == 0 || length > LABEL_MAX_BYTES || *label == '-')
            return 0;
        for (i = 0; i < length; i++) {
            if (!apr_isalnum(label[i]) && label[i] != '-' && label[i] != '_')
                return 0;
        }
        if (!label[length])
            return 1;
        label += length + 1;
    }
}

/* A name, an address, "*." and a name, "*" */
static int is_host(apr_pool_t *p, const char *host)
{
    struct in6_addr address;
    apr_size_t length = strlen(host);

    if (*host == '[')
        return host[length - 1] == ']'
               && inet_pton(AF_INET6, apr_pstrndup(p, host + 1, length - 2),
                            &address) == 1;
    if (strcmp(host, "*") == 0)
        return 1;
    if (strncmp(host, "*.", 2) == 0)
        return is_name(host + 2) && !is_numeric(host + 2);
    return is_name(host) && (!is_numeric(host)
                             || inet_pton(AF_INET, host, &address) == 1);
}

static int is_port(const char *port)
{
    int number = atoi(port);

    return strcmp(port, "*") == 0
           || (strspn(port, "0123456789") == strlen(port)
               && strlen(port) <= 5 && number >= 1 && number <= 65535);
}

static int is_origin(apr_pool_t *p, const char *word)
{
    char *host;
    char *colon;
    apr_size_t length;

    if (strncmp(word, "https://", 8) == 0)
        host = apr_pstrdup(p, word + 8);
    else if (strncmp(word, "http://", 7) == 0)
        host = apr_pstrdup(p, word + 7);
    else
        return 0;
    length = strlen(host);
    if (length && host[length - 1] == '/')
        host[length - 1] = '\0';
    colon = strrchr(host, ':');
    if (colon && !ap_strchr_c(colon, ']')) {
        if (!is_port(colon + 1))
            return 0;
        *colon = '\0';
    }
    return is_host(p, host);
}

static const char *shown(cmd_parms *cmd, const char *word)
{
    if (ap_strchr_c(word, '@'))     /* a password is for nobody's log */
        return "an origin with a user name";
    return apr_pstrndup(cmd->pool, word, 200);
}

const char *wasm_allow_host(cmd_parms *cmd, void *conf_, const char *line)
{
    wasm_dir_conf *conf = conf_;
    const char *before = "";
    int count = 0;

    wasm_note_use(cmd, conf);
    while (*line) {
        const char *word = ap_getword_conf(cmd->pool, &line);

        if (strcmp(word, "private") == 0 && !*before && !count) {
            before = "private ";
        }
        else if (is_methods(word) && !count
                 && (!*before || strcmp(before, "private ") == 0)) {
            before = apr_pstrcat(cmd->pool, before, word, " ", NULL);
        }
        else if (is_origin(cmd->temp_pool, word)) {
            wasm_host *host = wasm_push(cmd->pool, &conf->hosts,
                                        sizeof(*host));

            host->rule = apr_pstrcat(cmd->pool, before, word, NULL);
            host->tenant = wasm_in_htaccess(cmd);
            count++;
        }
        else {
            return wasm_refused(cmd, shown(cmd, word), "must be [private] "
                                "[GET,HEAD] https://host[:port] ..., where "
                                "host is a name, an address, *.name or *, "
                                "and port a number or *");
        }
    }
    return count ? NULL : wasm_refused(cmd, "", "needs an origin such as "
                                       "https://api.example.org");
}
