/*
 * command.c -- the words that a responder is started with.
 */
#include "supervise.h"

static void add_words(apr_array_header_t *argv, const char *const *words,
                      int count)
{
    int i;

    for (i = 0; i < count; i++)
        APR_ARRAY_PUSH(argv, char *) = apr_pstrdup(argv->pool, words[i]);
}

/* The words of WasmCommand, the options of the WasmPool and what every
 * responder is told, with NULL. */
char **wasm_command_of(apr_pool_t *p, const apr_array_header_t *command,
                       const apr_array_header_t *options)
{
    static const char *const usual[] = {"wasm-fcgi", "serve"};
    static const char *const told[]
        = {"--listen", "fd:0", "--key-fd", "3", "--serving-fd", "4"};
    apr_array_header_t *argv = apr_array_make(p, 16, sizeof(char *));

    if (command)
        add_words(argv, (const char *const *)command->elts, command->nelts);
    else
        add_words(argv, usual, 2);
    if (options)
        add_words(argv, (const char *const *)options->elts, options->nelts);
    add_words(argv, told, 6);
    APR_ARRAY_PUSH(argv, char *) = NULL;
    return (char **)argv->elts;
}

/* A module more or less is no reason to replace a responder. */
char **wasm_with_modules(apr_pool_t *p, char **argv,
                         const apr_array_header_t *modules)
{
    apr_array_header_t *words = apr_array_make(p, 32, sizeof(char *));
    int i;

    for (; *argv; argv++)
        APR_ARRAY_PUSH(words, char *) = *argv;
    for (i = 0; i < modules->nelts; i++) {
        APR_ARRAY_PUSH(words, char *) = apr_pstrdup(p, "--preload");
        add_words(words, &APR_ARRAY_IDX(modules, i, const char *), 1);
    }
    APR_ARRAY_PUSH(words, char *) = NULL;
    return (char **)words->elts;
}

int wasm_same_words(char **a, char **b)
{
    for (; *a && *b; a++, b++) {
        if (strcmp(*a, *b) != 0)
            return 0;
    }
    return *a == *b;
}
