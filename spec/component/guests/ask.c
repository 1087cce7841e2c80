/* A handler of wasi:http that asks others: /WAY?URL, and the way says how. It
 * answers with what it was told, a line for each thing. */

#include "handler.h"

#define MS 1000000ull

static void number(answer to, const char *label, uint64_t value)
{
    char digits[20];
    uint32_t at = sizeof digits;
    do digits[--at] = '0' + value % 10;
    while ((value /= 10) > 0);
    line(to, label, (bytes){digits + at, sizeof digits - at});
}

/* A request of what stands behind the '?': scheme://authority/path */
static handle asking_of(bytes url, uint32_t method, handle headers)
{
    uint32_t at = 0, from;
    while (at < url.length && url.at[at] != '?') at++;
    from = ++at;
    while (at < url.length && url.at[at] != ':') at++;
    uint32_t is_secure = at - from == 5;
    from = at + 3;
    at = from;
    while (at < url.length && url.at[at] != '/') at++;
    handle asking = asking_new(headers);
    if (asking_method(asking, method, 0, 0)) __builtin_trap();
    if (asking_scheme(asking, 1, is_secure, 0, 0)) __builtin_trap();
    if (asking_authority(asking, 1, url.at + from, at - from))
        __builtin_trap();
    if (asking_path(asking, 1, url.at + at, url.length - at))
        __builtin_trap();
    return asking;
}

/* Sends it. 0, and what was refused in a line, or the future. */
static handle sent(answer to, handle asking, handle options)
{
    handled result;
    outgoing_handle(asking, options != 0, options, &result);
    if (!result.is_error) return *(handle *)&result.code;
    number(to, "refused", result.code);
    return 0;
}

/* Waits for the answer. 0, and what has failed in a line, or the answer. */
static handle reply_of(answer to, handle future)
{
    future_result result;
    handle ready = future_ready(future);
    pollable_block(ready);
    pollable_drop(ready);
    future_get(future, &result);
    if (!result.is_some || result.is_taken) __builtin_trap();
    if (!result.is_error) return result.response;
    number(to, "failed", result.code);
    return 0;
}

/* Reads the body to its end: its bytes, a sum of them, and how it ended. */
static void read_all(answer to, handle stream)
{
    uint64_t count = 0, sum = 0;
    for (;;) {
        uint32_t mark = used;
        bytes_result some;
        in_read(stream, PAGE, &some);
        if (some.is_error) {
            /* closed is 1, and has no error */
            if (*(uint8_t *)&some.value.at == 0) {
                code_option code;
                error_code(some.value.length, &code);
                number(to, "broken", code.is_some ? code.code : 99);
                error_drop(some.value.length);
            }
            break;
        }
        count += some.value.length;
        for (uint32_t i = 0; i < some.value.length; i++)
            sum = sum * 31 + (uint8_t)some.value.at[i];
        used = mark;
    }
    number(to, "bytes", count);
    number(to, "sum", sum % 1000000007ull);
    in_drop(stream);
}

static void fields_told(answer to, handle fields)
{
    field_list list;
    fields_entries(fields, &list);
    for (uint32_t i = 0; i < list.length; i++) {
        put(to, list.at[i].name.at, list.at[i].name.length);
        line(to, "", list.at[i].value);
    }
    fields_drop(fields);
}

static void reply_told(answer to, handle future)
{
    handle reply = future ? reply_of(to, future) : 0;
    if (!reply) return;
    number(to, "status", reply_status(reply));
    fields_told(to, reply_headers(reply));
    handle_result body, stream;
    reply_consume(reply, &body);
    body_stream(value_of(body), &stream);
    read_all(to, value_of(stream));
    handle trailers = body_finish(body.value);
    trailers_result last;
    trailers_get(trailers, &last);
    if (last.has_fields) fields_told(to, last.fields);
    reply_drop(reply);
    future_drop(future);
}

static handle body_of(handle asking, handle_result *stream)
{
    handle_result body;
    asking_body(asking, &body);
    out_write(value_of(body), stream);
    return value_of(body);
}

/* As the WIT says: no more than check-write permits, and poll between. */
static uint32_t send_some(handle stream, const char *at, uint32_t length)
{
    struct { _Alignas(8) uint8_t is_error; uint64_t most; } room;
    write_result result;
    while (length > 0) {
        out_check(stream, (uint64_t *)&room);
        if (room.is_error) return 0;
        if (room.most == 0) {
            handle ready = out_ready(stream);
            pollable_block(ready);
            pollable_drop(ready);
            continue;
        }
        uint32_t some = length > room.most ? (uint32_t)room.most : length;
        out_put(stream, at, some, &result);
        if (result.is_error) return 0;
        at += some;
        length -= some;
    }
    return 1;
}

/* 400,000 bytes, 250 at a time that count up */
static void post(answer to, bytes url)
{
    static char piece[250];
    for (uint32_t i = 0; i < sizeof piece; i++) piece[i] = i;
    handle_result stream;
    handle asking = asking_of(url, 2, fields_new());
    handle body = body_of(asking, &stream);
    handle future = sent(to, asking, 0);
    uint32_t is_whole = 1;
    for (uint32_t i = 0; i < 1600 && is_whole; i++)
        is_whole = send_some(stream.value, piece, sizeof piece);
    finish_result end;
    stream_drop(stream.value);
    out_finish(body, 0, 0, &end);
    say(to, is_whole && !end.is_error ? "sent\n" : "not sent\n");
    reply_told(to, future);
}

/* Passes its own request on, header fields and body. */
static void pass_on(answer to, bytes url, handle request)
{
    handle_result stream;
    handle fields = fields_clone(request_headers(request));
    handle asking = asking_of(url, 2, fields);
    handle body = body_of(asking, &stream);
    handle future = sent(to, asking, 0);
    handle_result from, input;
    request_consume(request, &from);
    body_stream(value_of(from), &input);
    for (;;) {
        uint32_t mark = used;
        bytes_result some;
        in_read(value_of(input), PAGE, &some);
        if (some.is_error) break;
        send_some(stream.value, some.value.at, some.value.length);
        used = mark;
    }
    finish_result end;
    stream_drop(stream.value);
    out_finish(body, 0, 0, &end);
    reply_told(to, future);
}

/* Two at a time, and a clock beside them. */
static void both(answer to, bytes url)
{
    handle futures[2], ready[3];
    place_list found;
    for (int i = 0; i < 2; i++) {
        futures[i] = sent(to, asking_of(url, 0, fields_new()), 0);
        if (!futures[i]) return;
        ready[i] = future_ready(futures[i]);
    }
    ready[2] = clock_after(20 * MS);
    say(to, pollable_is(ready[0]) ? "early\n" : "not yet\n");
    poll_any(ready, 3, &found);
    number(to, "first", found.at[0]);
    poll_any(ready, 2, &found);
    for (int i = 0; i < 3; i++) pollable_drop(ready[i]);
    reply_told(to, futures[0]);
    reply_told(to, futures[1]);
}

static void twice(answer to, bytes url)
{
    future_result result;
    handle_result body;
    handle future = sent(to, asking_of(url, 0, fields_new()), 0);
    future_get(future, &result);
    say(to, result.is_some ? "early\n" : "not yet\n");
    handle reply = reply_of(to, future);
    future_get(future, &result);
    say(to, result.is_some && result.is_taken ? "taken\n" : "again\n");
    reply_consume(reply, &body);
    reply_consume(reply, &body);
    say(to, body.is_error ? "consumed\n" : "again\n");
}

__attribute__((export_name("wasi:http/incoming-handler@0.2.0#handle")))
void run(handle request, handle outparam)
{
    bytes_option path;
    request_path(request, &path);
    bytes url = path.value;
    char way = url.length > 1 ? url.at[1] : 0;
    /* /app/WAY?URL */
    for (uint32_t i = 1; i < url.length && url.at[i] != '?'; i++)
        if (url.at[i] == '/') way = url.at[i + 1];
    answer to = respond(outparam, 200, headers_of("content-type", "text/plain"));
    handle get = way == 'g' || way == 'o' || way == 'l' || way == 'd'
                     ? asking_of(url, way == 'h', fields_new()) : 0;
    if (way == 'g') {           /* get */
        reply_told(to, sent(to, get, 0));
    } else if (way == 'o') {    /* options: 30 ms to the first byte */
        handle options = options_new();
        if (options_first_byte(options, 1, 30 * MS)) __builtin_trap();
        reply_told(to, sent(to, get, options));
    } else if (way == 'l') {    /* leave */
        say(to, sent(to, get, 0) ? "asked\n" : "");
    } else if (way == 'd') {    /* drop, and go on */
        future_drop(sent(to, get, 0));
        handle pause = clock_after(50 * MS);
        pollable_block(pause);
        say(to, "dropped\n");
    } else if (way == 'p') post(to, url);
    else if (way == 'e') pass_on(to, url, request);
    else if (way == 'b') both(to, url);
    else if (way == 't') twice(to, url);
    else if (way == 'u') {      /* unfinished: the body is dropped */
        handle_result stream;
        handle asking = asking_of(url, 2, fields_new());
        handle body = body_of(asking, &stream);
        handle future = sent(to, asking, 0);
        send_some(stream.value, "half", 4);
        stream_drop(stream.value);
        out_drop(body);
        reply_told(to, future);
    }
    finish(to);
}
