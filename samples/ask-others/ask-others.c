/* A component that asks others over HTTP: the server that it runs behind,
 * which the configuration allows, and one that it does not. Both are asked
 * before either is waited for. By the canonical ABI resources are numbers. */

#include <stdint.h>

#define IMPORT(module, name) \
    __attribute__((import_module(module "@0.2.0"), import_name(name)))
#define HTTP(name) IMPORT("wasi:http/types", name)
#define STREAMS(name) IMPORT("wasi:io/streams", name)

typedef struct { char *at; uint32_t length; } text;
typedef struct { uint8_t is_some; text value; } text_option;
typedef struct { uint8_t is_error; uint32_t value; } handle_result;
/* result<list<u8>, stream-error> */
typedef struct { uint8_t is_error; text value; } bytes_result;
/* result<future-incoming-response, error-code> */
typedef struct { _Alignas(8) uint8_t is_error; uint8_t gap[7];
                 union { uint32_t future; uint8_t code; };
                 uint8_t rest[28]; } asked;
/* option<result<result<incoming-response, error-code>>> */
typedef struct { _Alignas(8) uint8_t is_some; uint8_t gap[15];
                 uint8_t is_error; uint8_t gap2[7];
                 union { uint32_t response; uint8_t code; };
                 uint8_t rest[28]; } answered;

HTTP("[method]incoming-request.authority")
void request_authority(uint32_t, text_option *);
HTTP("[constructor]fields") uint32_t fields_new(void);
HTTP("[method]fields.append")
void fields_append(uint32_t fields, const char *name, uint32_t name_length,
                   const char *value, uint32_t value_length, uint8_t *result);
HTTP("[constructor]outgoing-request") uint32_t asking_new(uint32_t headers);
HTTP("[method]outgoing-request.set-scheme")
uint32_t asking_scheme(uint32_t, uint32_t is_some, uint32_t tag, const char *,
                       uint32_t);
HTTP("[method]outgoing-request.set-authority")
uint32_t asking_authority(uint32_t, uint32_t is_some, const char *, uint32_t);
HTTP("[method]outgoing-request.set-path-with-query")
uint32_t asking_path(uint32_t, uint32_t is_some, const char *, uint32_t);
IMPORT("wasi:http/outgoing-handler", "handle")
void ask(uint32_t request, uint32_t has_options, uint32_t options, asked *);
HTTP("[method]future-incoming-response.subscribe") uint32_t future_ready(uint32_t);
HTTP("[method]future-incoming-response.get")
void future_get(uint32_t, answered *);
HTTP("[method]incoming-response.status") uint32_t answer_status(uint32_t);
HTTP("[method]incoming-response.consume")
void answer_body(uint32_t, handle_result *);
HTTP("[method]incoming-body.stream") void body_stream(uint32_t, handle_result *);
IMPORT("wasi:io/poll", "[method]pollable.block") void pollable_block(uint32_t);
STREAMS("[method]input-stream.blocking-read")
void stream_read(uint32_t, uint64_t most, bytes_result *);

HTTP("[constructor]outgoing-response") uint32_t response_new(uint32_t fields);
HTTP("[method]outgoing-response.body")
void response_body(uint32_t response, handle_result *);
HTTP("[method]outgoing-body.write") void body_write(uint32_t, handle_result *);
HTTP("[static]outgoing-body.finish")
void body_finish(uint32_t, uint32_t has_trailers, uint32_t, uint64_t *result);
/* The rest of the arguments are those of an error. */
HTTP("[static]response-outparam.set")
void outparam_set(uint32_t, uint32_t is_error, uint32_t response, uint32_t,
                  uint64_t, uint32_t, uint32_t, uint32_t, uint32_t);
STREAMS("[method]output-stream.blocking-write-and-flush")
void stream_write(uint32_t, const char *, uint32_t, uint32_t *result);
STREAMS("[resource-drop]output-stream") void stream_drop(uint32_t);

/* Here the host puts what it answers with. */
static char heap[1048576];
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

static uint32_t page;       /* the stream of the answer */

static void put(text some)
{
    uint32_t result[3];
    while (some.length > 0) {
        uint32_t piece = some.length > 4096 ? 4096 : some.length;
        stream_write(page, some.at, piece, result);
        some.at += piece;
        some.length -= piece;
    }
}

static text of(const char *literal)
{
    uint32_t length = 0;
    while (literal[length]) length++;
    return (text){(char *)literal, length};
}

static void say(const char *literal) { put(of(literal)); }

static void say_number(uint32_t number)
{
    char digits[10];
    uint32_t at = sizeof digits;
    do digits[--at] = '0' + number % 10;
    while ((number /= 10) > 0);
    put((text){digits + at, sizeof digits - at});
}

/* The cases of error-code that a demonstration may meet. */
static void say_code(uint32_t code)
{
    switch (code) {
    case 4: say("destination-IP-prohibited"); break;
    case 6: say("connection-refused"); break;
    case 15: say("HTTP-request-denied"); break;
    default: say("error-code "); say_number(code);
    }
}

static void begin(text authority, const char *path, asked *result)
{
    text way = of(path);
    uint32_t request = asking_new(fields_new());
    if (asking_scheme(request, 1, 0, 0, 0)
        || asking_authority(request, 1, authority.at, authority.length)
        || asking_path(request, 1, way.at, way.length))
        __builtin_trap();
    ask(request, 0, 0, result);
    say("GET http://");
    put(authority);
    say(path);
    say("\n");
}

/* Waits for the answer, and shows its status and the beginning of its body. */
static void tell(const asked *one)
{
    answered answer = {.is_error = one->is_error, .code = one->code};
    if (!one->is_error) {
        pollable_block(future_ready(one->future));
        future_get(one->future, &answer);
    }
    if (answer.is_error) {
        say_code(answer.code);
        say("\n");
        return;
    }
    handle_result body, stream;
    say("status ");
    say_number(answer_status(answer.response));
    say("\n");
    answer_body(answer.response, &body);
    body_stream(body.value, &stream);
    bytes_result some;
    stream_read(stream.value, 400, &some);
    if (!some.is_error) put(some.value);
    say("\n");
}

/* 127.0.0.1 and the port that the visitor used: this httpd. */
static text here(uint32_t request)
{
    static char authority[32] = "127.0.0.1";
    uint32_t length = 9, at = 0;
    text_option given;
    request_authority(request, &given);
    if (!given.is_some) return (text){authority, length};
    text name = given.value;
    while (at < name.length && name.at[at] != ':') at++;
    while (at < name.length && length < sizeof authority)
        authority[length++] = name.at[at++];
    return (text){authority, length};
}

__attribute__((export_name("wasi:http/incoming-handler@0.2.0#handle")))
void handle(uint32_t request, uint32_t outparam)
{
    uint8_t appended[2];
    uint32_t fields = fields_new();
    fields_append(fields, "content-type", 12, "text/plain", 10, appended);
    uint32_t response = response_new(fields);
    handle_result body, stream;
    response_body(response, &body);
    body_write(body.value, &stream);
    page = stream.value;
    outparam_set(outparam, 0, response, 0, 0, 0, 0, 0, 0);

    asked allowed, other;
    say("Asked:\n");
    begin(here(request), "/hello-component?from=ask-others", &allowed);
    begin(of("169.254.169.254"), "/latest/meta-data/", &other);
    say("\nThe first one, which the configuration allows:\n");
    tell(&allowed);
    say("\nThe other one, where a cloud would keep its secrets:\n");
    tell(&other);

    stream_drop(page);
    uint64_t finished[8];
    body_finish(body.value, 0, 0, finished);
}
