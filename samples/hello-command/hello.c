/* A command of WASI 0.2: wasi:cli/run, without the adapter that toolchains put
 * around programs of preview1. CGI as ever: a head, an empty line, the body.
 * C imports the functions by the canonical ABI, in which a list is where it
 * begins and how many there are. */

#include <stdint.h>

#define IMPORT(module, name) \
    __attribute__((import_module(module), import_name(name)))

typedef struct { const char *at; uint32_t length; } text;
typedef struct { text name, value; } pair;
typedef struct { const pair *at; uint32_t count; } pairs;
typedef struct { uint8_t is_error; pairs all; uint32_t rest; } config_result;

IMPORT("wasi:cli/environment@0.2.0", "get-environment")
void get_environment(pairs *);
IMPORT("wasi:config/store@0.2.0-rc.1", "get-all")
void get_config(config_result *);
IMPORT("wasi:cli/stdout@0.2.0", "get-stdout") uint32_t get_stdout(void);
IMPORT("wasi:io/streams@0.2.0",
       "[method]output-stream.blocking-write-and-flush")
void stream_write(uint32_t, const char *, uint32_t, uint32_t *result);

/* Here the host puts what it answers with. */
static char heap[131072];
static uint32_t used;

__attribute__((export_name("cabi_realloc")))
void *cabi_realloc(void *old, uint32_t old_size, uint32_t align, uint32_t size)
{
    (void)old;
    (void)old_size;
    used = (used + align - 1) & ~(align - 1);
    if (used + size > sizeof heap) __builtin_trap();
    used += size;
    return heap + used - size;
}

static uint32_t out;

/* 4,096 bytes are what one call takes. */
static void say(text what)
{
    uint32_t result[3];
    while (what.length > 0) {
        uint32_t some = what.length > 4096 ? 4096 : what.length;
        stream_write(out, what.at, some, result);
        what.at += some;
        what.length -= some;
    }
}

#define SAY(literal) say((text){literal, sizeof literal - 1})

static int is(text one, text other)
{
    if (one.length != other.length) return 0;
    for (uint32_t i = 0; i < one.length; i++)
        if (one.at[i] != other.at[i]) return 0;
    return 1;
}

static text value_of(pairs all, text name)
{
    for (uint32_t i = 0; i < all.count; i++)
        if (is(all.at[i].name, name)) return all.at[i].value;
    return (text){"nothing", 7};
}

/* @return 0: the program is content */
__attribute__((export_name("wasi:cli/run@0.2.0#run"))) uint32_t run(void)
{
    pairs environment;
    config_result config;
    out = get_stdout();
    SAY("Content-Type: text/plain; charset=utf-8\n\nHello from a command: ");
    get_environment(&environment);
    say(value_of(environment, (text){"QUERY_STRING", 12}));
    SAY("\n");
    get_config(&config);
    if (config.is_error) return 1;
    for (uint32_t i = 0; i < config.all.count; i++) {
        say(config.all.at[i].name);
        SAY(" is configured as ");
        say(config.all.at[i].value);
        SAY("\n");
    }
    return 0;
}
