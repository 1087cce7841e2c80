/* A handler of wasi:http that does what the path names: it answers in every
 * way there is, and breaks the rules in some. */

#include "handler.h"

static const char *METHODS[] = {"get", "head", "post", "put", "delete",
                                "connect", "options", "trace", "patch"};

static void describe(handle request, answer to)
{
    tagged method;
    request_method(request, &method);
    if (method.tag < 9) {
        const char *name = METHODS[method.tag];
        line(to, "method", (bytes){(char *)name, length_of(name)});
    } else line(to, "other method", method.value);
    bytes_option path, authority;
    request_path(request, &path);
    line(to, "path", path.value);
    request_authority(request, &authority);
    line(to, "authority", authority.value);
    tagged_option scheme;
    request_scheme(request, &scheme);
    say(to, scheme.value.tag == 0 ? "scheme: HTTP\n" : "scheme: HTTPS\n");
    handle headers = request_headers(request);
    uint8_t result[2];
    fields_append(headers, "x-more", 6, "1", 1, result);
    say(to, result[0] && result[1] == 2 ? "headers: immutable\n"
                                        : "headers: mutable\n");
    field_list list;
    fields_entries(headers, &list);
    for (uint32_t i = 0; i < list.length; i++) {
        put(to, list.at[i].name.at, list.at[i].name.length);
        say(to, "=");
        put(to, list.at[i].value.at, list.at[i].value.length);
        say(to, "\n");
    }
}

static handle input_of(handle request)
{
    handle_result body, stream;
    request_consume(request, &body);
    body_stream(value_of(body), &stream);
    return value_of(stream);
}

static void echo(handle request, answer to)
{
    handle input = input_of(request);
    for (;;) {
        bytes_result result;
        used = 0;
        in_read(input, PAGE, &result);
        if (result.is_error) break;
        put(to, result.value.at, result.value.length);
    }
    in_drop(input);
}

static void sleep_ms(uint64_t ms)
{
    handle pollable = clock_after(ms * 1000000);
    pollable_block(pollable);
    pollable_drop(pollable);
}

static const char *number(uint32_t value)
{
    static char text[11];
    char *at = text + 10;
    do *--at = '0' + value % 10; while (value /= 10);
    return at;
}

static void stray(bytes path, handle request, handle outparam)
{
    (void)request;
    if (is(path, "/drop-outparam")) return outparam_drop(outparam);
    if (is(path, "/nothing")) return;
    if (is(path, "/refuse"))
        return outparam_set(outparam, 1, 15, 0, 0, 0, 0, 0, 0);
    if (is(path, "/unfinished")) {
        answer to = respond(outparam, 200, fields_new());
        say(to, "half");
        stream_drop(to.stream);
        return out_drop(to.body);
    }
    if (is(path, "/trap-late")) {
        answer to = respond(outparam, 200, fields_new());
        say(to, "half");
        write_result result;
        out_flush(to.stream, &result);
        /* Else the whole answer would be a clear one. */
        sleep_ms(1);
        __builtin_trap();
    }
    if (is(path, "/flush-and-loop")) {
        answer to = respond(outparam, 200, fields_new());
        write_result result;
        say(to, "flushed\n");
        out_flush(to.stream, &result);
        for (;;) __asm__ volatile("");
    }
    if (is(path, "/set-twice")) {
        respond(outparam, 200, fields_new());
        respond(outparam, 200, fields_new());
    }
    if (is(path, "/double-drop")) {
        handle fields = fields_new();
        fields_drop(fields);
        fields_drop(fields);
    }
    if (is(path, "/wrong-kind")) {
        handle fields = fields_new();
        out_drop(fields);
    }
    if (is(path, "/no-handle")) fields_drop(0x7fffffff);
    if (is(path, "/many-handles")) for (;;) fields_new();
    if (is(path, "/far-pointer")) {
        uint8_t result[2];
        fields_append(fields_new(), (char *)0xfffffff0, 64, "", 0, result);
    }
    if (is(path, "/far-result")) request_method(request, (tagged *)0xfffffff0);
    if (is(path, "/odd-result")) request_path(request, (bytes_option *)1);
    if (is(path, "/not-utf8")) {
        uint8_t result[2];
        fields_append(fields_new(), "\xff", 1, "", 0, result);
    }
    if (is(path, "/no-case"))
        outparam_set(outparam, 7, 0, 0, 0, 0, 0, 0, 0);
    if (is(path, "/too-much")) {
        answer to = respond(outparam, 200, fields_new());
        write_result result;
        out_put(to.stream, heap, PAGE + 1, &result);
    }
    if (is(path, "/held-too-long")) {
        handle response = response_new(fields_new());
        handle_result body, stream;
        response_body(response, &body);
        out_write(value_of(body), &stream);
        answer to = {body.value, value_of(stream)};
        for (int i = 0; i < 100; i++) put(to, heap, PAGE);
    }
    if (is(path, "/sleep")) sleep_ms(3600000);
    if (is(path, "/loop")) for (;;) fields_drop(fields_new());
}

static void codes(handle outparam)
{
    static const uint32_t CODES[] = {0, 99, 100, 103, 199, 200, 299, 404, 599,
                                     600, 65535};
    handle response = response_new(fields_new());
    uint8_t refused[sizeof CODES / 4];
    for (uint32_t i = 0; i < sizeof CODES / 4; i++)
        refused[i] = response_set_status(response, CODES[i]);
    answer to = respond(outparam, 200, fields_new());
    for (uint32_t i = 0; i < sizeof CODES / 4; i++) {
        say(to, number(CODES[i]));
        say(to, refused[i] ? " refused\n" : " taken\n");
    }
    finish(to);
}

static void names(handle outparam)
{
    static const char *FIELDS[][2] = {
        {"x-plain", "1"}, {"x-plain", "2"}, {"X-Case", "\xe4\xf6 bytes"},
        {"set-cookie", "a=1"}, {"set-cookie", "b=2"}, {"connection", "close"},
        {"Transfer-Encoding", "chunked"}, {"status", "404"}, {"x y", "1"},
        {"", "1"}, {"x-line", "a\r\nx-evil: 1"}, {"x-blank", " a"}};
    static const char *FAULTS[] = {"invalid-syntax", "forbidden", "immutable"};
    handle fields = fields_new();
    const char *said[sizeof FIELDS / sizeof *FIELDS];
    for (uint32_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
        const char *name = FIELDS[i][0], *value = FIELDS[i][1];
        uint8_t result[2];
        fields_append(fields, name, length_of(name), value, length_of(value),
                      result);
        said[i] = result[0] ? FAULTS[result[1]] : "taken";
    }
    answer to = respond(outparam, 200, fields);
    for (uint32_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
        say(to, FIELDS[i][0]);
        say(to, " ");
        say(to, said[i]);
        say(to, "\n");
    }
    finish(to);
}

__attribute__((export_name("wasi:http/incoming-handler@0.2.0#handle")))
void handle_request(handle request, handle outparam)
{
    bytes_option full;
    request_path(request, &full);
    bytes path = full.value;
    /* A site may serve it beneath a directory. */
    for (uint32_t i = path.length; i-- > 0;)
        if (path.at[i] == '/') {
            path = (bytes){path.at + i, path.length - i};
            break;
        }
    for (uint32_t i = 0; i < path.length; i++)
        if (path.at[i] == '?') path.length = i;
    handle plain = headers_of("content-type", "text/plain");
    if (is(path, "/codes")) return codes(outparam);
    if (is(path, "/names")) return names(outparam);
    if (is(path, "/describe")) {
        answer to = respond(outparam, 200, plain);
        describe(request, to);
        finish(to);
    } else if (is(path, "/echo")) {
        answer to = respond(outparam, 201, plain);
        echo(request, to);
        finish(to);
    } else if (is(path, "/early")) {
        /* Answers first, and reads a body that may still be on its way. */
        answer to = respond(outparam, 200, plain);
        write_result result;
        say(to, "early\n");
        out_flush(to.stream, &result);
        echo(request, to);
        finish(to);
    } else if (is(path, "/unread")) {
        answer to = respond(outparam, 200, plain);
        say(to, "unread\n");
        finish(to);
    } else if (is(path, "/empty")) {
        handle response = response_new(plain);
        response_set_status(response, 204);
        outparam_set(outparam, 0, response, 0, 0, 0, 0, 0, 0);
    } else if (is(path, "/large")) {
        answer to = respond(outparam, 200, plain);
        for (int i = 0; i < 1600; i++) put(to, heap, PAGE);
        finish(to);
    } else if (is(path, "/before")) {
        /* The body is written before the response is set. */
        handle response = response_new(plain);
        handle_result body, stream;
        response_body(response, &body);
        out_write(value_of(body), &stream);
        answer to = {body.value, value_of(stream)};
        say(to, "before\n");
        outparam_set(outparam, 0, response, 0, 0, 0, 0, 0, 0);
        say(to, "after\n");
        finish(to);
    } else if (is(path, "/short")) {
        answer to = respond(outparam, 200, headers_of("content-length", "9"));
        say(to, "12345");
        /* Says why it would not be finished, where nobody else could. */
        if (finish(to)) say((answer){0, stdout_get()}, "body size refused\n");
    } else if (is(path, "/trailers")) {
        answer to = respond(outparam, 200, plain);
        finish_result result;
        out_finish(to.body, 1, headers_of("x-sum", "1"), &result);
        say((answer){0, stdout_get()},
            result.is_error ? "trailers refused\n" : "trailers taken\n");
    } else if (is(path, "/informational")) {
        told result;
        outparam_inform(outparam, 103, headers_of("x-early", "1"), &result);
        answer to = respond(outparam, 200, plain);
        say(to, result.is_error ? number(result.code) : "sent");
        line(to, "", result.why.value);
        finish(to);
    } else if (is(path, "/ask")) {
        handle asking = asking_new(fields_new());
        handled result;
        outgoing_handle(asking, 0, 0, &result);
        answer to = respond(outparam, 200, plain);
        say(to, result.is_error && result.code == 15 ? "denied\n" : "sent\n");
        finish(to);
    } else if (is(path, "/ticks")) {
        answer to = respond(outparam, 200, plain);
        for (int i = 0; i < 3; i++) {
            say(to, "tick\n");
            sleep_ms(30);
        }
        finish(to);
    } else stray(path, request, outparam);
}
