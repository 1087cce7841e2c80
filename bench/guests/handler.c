/* A component that handles HTTP: says hello, answers a body with its size,
 * and a query with as many bytes as it says. */

#include "../../spec/component/guests/abi.h"

#define PIECE 65536

STREAMS("[method]output-stream.subscribe") handle out_ready(handle);

static char heap[PIECE + 4096], zeros[PIECE];
static uint32_t used;

/* Where the host puts what it answers with; `used` is set back by the caller. */
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

/* As bindings do it: what the stream takes now, else it is waited for. */
static void put(handle stream, const char *at, uint64_t length)
{
    struct { _Alignas(8) uint8_t is_error; uint64_t bytes; } room;
    write_result result;
    while (length > 0) {
        out_check(stream, (uint64_t *)(void *)&room);
        if (room.is_error) __builtin_trap();
        if (room.bytes == 0) {
            handle ready = out_ready(stream);
            pollable_block(ready);
            pollable_drop(ready);
            continue;
        }
        uint64_t some = length > PIECE ? PIECE : length;
        if (some > room.bytes) some = room.bytes;
        out_put(stream, at, (uint32_t)some, &result);
        if (result.is_error) __builtin_trap();
        length -= some;
    }
}

static uint32_t body_size(handle request)
{
    handle_result body, stream;
    bytes_result piece;
    uint32_t size = 0;
    request_consume(request, &body);
    body_stream(body.value, &stream);
    for (;;) {
        used = 0;
        in_read(stream.value, PIECE, &piece);
        if (piece.is_error) break;
        size += piece.value.length;
    }
    in_drop(stream.value);
    body_drop(body.value);
    return size;
}

static char *number(char *end, uint32_t value)
{
    do *--end = (char)('0' + value % 10); while (value /= 10);
    return end;
}

__attribute__((export_name("wasi:http/incoming-handler@0.2.0#handle")))
void handle_request(handle request, handle outparam)
{
    static char text[] = "           \n";
    handle_result body, stream;
    write_result flushed;
    finish_result finished;
    tagged method;
    bytes_option path;
    uint8_t appended[2];
    handle fields = fields_new();
    used = 0;
    request_method(request, &method);
    request_path(request, &path);
    uint32_t query = 0;
    for (uint32_t i = 0, is_query = 0; i < path.value.length; i++) {
        if (is_query) query = query * 10 + (uint32_t)(path.value.at[i] - '0');
        if (path.value.at[i] == '?') is_query = 1;
    }
    fields_append(fields, "content-type", 12, "text/plain", 10, appended);
    handle response = response_new(fields);
    response_body(response, &body);
    out_write(body.value, &stream);
    outparam_set(outparam, 0, response, 0, 0, 0, 0, 0, 0);
    if (method.tag == 2) {
        char *end = text + sizeof text - 1;
        char *at = number(end - 1, body_size(request));
        put(stream.value, at, (uint64_t)(end - at));
    } else if (query > 0)
        /* One piece again and again: what is in it does not matter. */
        for (; query > 0; query -= query > PIECE ? PIECE : query)
            put(stream.value, zeros, query > PIECE ? PIECE : query);
    else
        put(stream.value, "Hello, world!\n", 14);
    out_flush(stream.value, &flushed);
    stream_drop(stream.value);
    request_drop(request);
    out_finish(body.value, 0, 0, &finished);
}
