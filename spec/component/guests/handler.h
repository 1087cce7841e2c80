/* What handlers of wasi:http have in common: memory for what the host says,
 * and an answer that is written piece by piece. */

#include "abi.h"

#define PAGE 65536
/* Who needs less, or another size, defines it before. */
#ifndef HEAP
#define HEAP (8 * 1024 * 1024)
#endif

static char heap[HEAP];
static uint32_t used;

/* What the host lowers into: nothing is given back, for each run begins anew.
 * Who reads much sets `used` back. */
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

static inline uint32_t length_of(const char *text)
{
    uint32_t length = 0;
    while (text[length]) length++;
    return length;
}

static inline int is(bytes one, const char *other)
{
    if (one.length != length_of(other)) return 0;
    for (uint32_t i = 0; i < one.length; i++)
        if (one.at[i] != other[i]) return 0;
    return 1;
}

static inline handle value_of(handle_result result)
{
    if (result.is_error) __builtin_trap();
    return result.value;
}

static inline handle headers_of(const char *name, const char *value)
{
    handle fields = fields_new();
    uint8_t result[2];
    fields_append(fields, name, length_of(name), value, length_of(value),
                  result);
    return fields;
}

/* An answer on its way. */
typedef struct { handle body, stream; } answer;

static inline answer respond(handle outparam, uint32_t status, handle headers)
{
    handle response = response_new(headers);
    if (response_set_status(response, status)) __builtin_trap();
    handle_result body, stream;
    response_body(response, &body);
    out_write(value_of(body), &stream);
    outparam_set(outparam, 0, response, 0, 0, 0, 0, 0, 0);
    return (answer){body.value, value_of(stream)};
}

static inline void put(answer to, const char *at, uint32_t length)
{
    write_result result;
    while (length > 0) {
        uint32_t some = length > PAGE ? PAGE : length;
        out_put(to.stream, at, some, &result);
        if (result.is_error) __builtin_trap();
        at += some;
        length -= some;
    }
}

static inline void say(answer to, const char *text) { put(to, text, length_of(text)); }

static inline int finish(answer to)
{
    finish_result result;
    stream_drop(to.stream);
    out_finish(to.body, 0, 0, &result);
    return result.is_error;
}

static inline void line(answer to, const char *label, bytes value)
{
    say(to, label);
    say(to, ": ");
    put(to, value.at, value.length);
    say(to, "\n");
}
