/* A component that handles HTTP: it has no main and no stdout, a function is
 * called with the request and sets a response. C imports the functions of
 * wasi:http by the canonical ABI, in which resources are numbers. */

#include <stdint.h>

#define IMPORT(name) \
    __attribute__((import_module("wasi:http/types@0.2.0"), import_name(name)))
#define STREAMS(name) \
    __attribute__((import_module("wasi:io/streams@0.2.0"), import_name(name)))

typedef struct { uint8_t is_some; char *at; uint32_t length; } text_option;
typedef struct { uint8_t is_error; uint32_t value; } handle_result;

IMPORT("[method]incoming-request.path-with-query")
void request_path(uint32_t request, text_option *);
IMPORT("[constructor]fields") uint32_t fields_new(void);
IMPORT("[method]fields.append")
void fields_append(uint32_t fields, const char *name, uint32_t name_length,
                   const char *value, uint32_t value_length, uint8_t *result);
IMPORT("[constructor]outgoing-response") uint32_t response_new(uint32_t fields);
IMPORT("[method]outgoing-response.body")
void response_body(uint32_t response, handle_result *);
IMPORT("[method]outgoing-body.write") void body_write(uint32_t, handle_result *);
IMPORT("[static]outgoing-body.finish")
void body_finish(uint32_t, uint32_t has_trailers, uint32_t, uint64_t *result);
/* The rest of the arguments are those of an error. */
IMPORT("[static]response-outparam.set")
void outparam_set(uint32_t, uint32_t is_error, uint32_t response, uint32_t,
                  uint64_t, uint32_t, uint32_t, uint32_t, uint32_t);
STREAMS("[method]output-stream.blocking-write-and-flush")
void stream_write(uint32_t, const char *, uint32_t, uint32_t *result);
STREAMS("[resource-drop]output-stream") void stream_drop(uint32_t);

/* Here the host puts strings that it answers with. */
static char heap[65536];
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

static void say(uint32_t stream, const char *text, uint32_t length)
{
    uint32_t result[3];
    stream_write(stream, text, length, result);
}

__attribute__((export_name("wasi:http/incoming-handler@0.2.0#handle")))
void handle(uint32_t request, uint32_t outparam)
{
    static const char TYPE[] = "text/plain", HELLO[] = "Hello from ";
    uint8_t appended[2];
    uint32_t fields = fields_new();
    fields_append(fields, "content-type", 12, TYPE, sizeof TYPE - 1, appended);

    uint32_t response = response_new(fields);
    handle_result body, stream;
    response_body(response, &body);
    body_write(body.value, &stream);
    outparam_set(outparam, 0, response, 0, 0, 0, 0, 0, 0);

    text_option path;
    request_path(request, &path);
    say(stream.value, HELLO, sizeof HELLO - 1);
    say(stream.value, path.at, path.length);
    say(stream.value, ".\n", 2);
    stream_drop(stream.value);
    uint64_t finished[8];
    body_finish(body.value, 0, 0, finished);
}
