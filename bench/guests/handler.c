/* A component that handles HTTP: says hello, answers a body with its size,
 * and a query with as many bytes as it says. */

#define HEAP (PAGE + 4096)
#include "../../spec/component/guests/handler.h"

static char zeros[PAGE];

/* As bindings do it: what the stream takes now, else it is waited for. */
static void pour(handle stream, const char *at, uint64_t length)
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
        uint64_t some = length > PAGE ? PAGE : length;
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
    body_stream(value_of(body), &stream);
    for (;;) {
        used = 0;
        in_read(stream.value, PAGE, &piece);
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
    tagged method;
    bytes_option path;
    used = 0;
    request_method(request, &method);
    request_path(request, &path);
    uint32_t query = 0;
    for (uint32_t i = 0, is_query = 0; i < path.value.length; i++) {
        if (is_query) query = query * 10 + (uint32_t)(path.value.at[i] - '0');
        if (path.value.at[i] == '?') is_query = 1;
    }
    handle response = response_new(headers_of("content-type", "text/plain"));
    response_body(response, &body);
    out_write(value_of(body), &stream);
    outparam_set(outparam, 0, response, 0, 0, 0, 0, 0, 0);
    if (method.tag == 2) {
        char *end = text + sizeof text - 1;
        char *at = number(end - 1, body_size(request));
        pour(stream.value, at, (uint64_t)(end - at));
    } else if (query > 0)
        /* One piece again and again: what is in it does not matter. */
        for (; query > 0; query -= query > PAGE ? PAGE : query)
            pour(stream.value, zeros, query > PAGE ? PAGE : query);
    else
        pour(stream.value, "Hello, world!\n", 14);
    out_flush(stream.value, &flushed);
    request_drop(request);
    finish((answer){body.value, stream.value});
}
