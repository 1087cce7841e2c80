/* The functions of WASI 0.2 as C imports them, by the canonical ABI: handles
 * are numbers, strings and lists are a pointer and a length, results that do
 * not fit into one value go where the last argument points. */

#include <stdint.h>

#define IMPORT(module, name) \
    __attribute__((import_module(module "@0.2.0"), import_name(name)))
#define HTTP(name) IMPORT("wasi:http/types", name)
#define STREAMS(name) IMPORT("wasi:io/streams", name)

typedef uint32_t handle;
typedef struct { char *at; uint32_t length; } bytes;
/* result<handle>, and with its error option<handle> */
typedef struct { uint8_t is_error; handle value; } handle_result;
/* result<list<u8>, stream-error>: what 0 and 1 have at 4, 2 at 8 */
typedef struct { uint8_t is_error; bytes value; } bytes_result;
typedef struct { uint8_t is_some; bytes value; } bytes_option;
typedef struct { uint8_t tag; bytes value; } tagged;
/* option<scheme> */
typedef struct { uint8_t is_some; tagged value; } tagged_option;
typedef struct { uint8_t is_error; uint8_t tag; handle error; } write_result;
typedef struct { bytes name, value; } field;
typedef struct { field *at; uint32_t length; } field_list;
/* result<_, error-code>: the largest is 32 bytes */
typedef struct { _Alignas(8) uint8_t is_error; uint8_t rest[47]; } finish_result;

HTTP("[constructor]fields") handle fields_new(void);
HTTP("[method]fields.append")
void fields_append(handle self, const char *name, uint32_t name_length,
                   const char *value, uint32_t value_length, uint8_t *result);
HTTP("[method]fields.entries") void fields_entries(handle self, field_list *);
HTTP("[resource-drop]fields") void fields_drop(handle);

HTTP("[method]incoming-request.method") void request_method(handle, tagged *);
HTTP("[method]incoming-request.path-with-query")
void request_path(handle, bytes_option *);
HTTP("[method]incoming-request.scheme")
void request_scheme(handle, tagged_option *);
HTTP("[method]incoming-request.authority")
void request_authority(handle, bytes_option *);
HTTP("[method]incoming-request.headers") handle request_headers(handle);
HTTP("[method]incoming-request.consume")
void request_consume(handle, handle_result *);
HTTP("[resource-drop]incoming-request") void request_drop(handle);
HTTP("[method]incoming-body.stream") void body_stream(handle, handle_result *);
HTTP("[static]incoming-body.finish") handle body_finish(handle);
HTTP("[resource-drop]incoming-body") void body_drop(handle);
HTTP("[resource-drop]future-trailers") void trailers_drop(handle);

HTTP("[constructor]outgoing-response") handle response_new(handle headers);
HTTP("[method]outgoing-response.set-status-code")
uint32_t response_set_status(handle, uint32_t);
HTTP("[method]outgoing-response.body")
void response_body(handle, handle_result *);
HTTP("[method]outgoing-response.headers") handle response_headers(handle);
HTTP("[resource-drop]outgoing-response") void response_drop(handle);
HTTP("[method]outgoing-body.write") void out_write(handle, handle_result *);
HTTP("[static]outgoing-body.finish")
void out_finish(handle, uint32_t has_trailers, handle trailers,
                finish_result *);
HTTP("[resource-drop]outgoing-body") void out_drop(handle);
HTTP("[static]response-outparam.set")
void outparam_set(handle, uint32_t is_error, uint32_t response_or_code,
                  uint32_t, uint64_t, uint32_t, uint32_t, uint32_t, uint32_t);
HTTP("[resource-drop]response-outparam") void outparam_drop(handle);
/* result<_, error-code>, of which one says why in an option<string> */
typedef struct { _Alignas(8) uint8_t is_error; uint8_t gap[7]; uint8_t code;
                 uint8_t gap2[7]; bytes_option why; uint8_t rest[12]; } told;
HTTP("[method]response-outparam.send-informational")
void outparam_inform(handle, uint32_t status, handle headers, told *);

HTTP("[constructor]outgoing-request") handle asking_new(handle headers);
/* result<future-incoming-response, error-code> */
typedef struct { _Alignas(8) uint8_t is_error; uint8_t gap[7]; uint8_t code;
                 uint8_t rest[39]; } handled;
IMPORT("wasi:http/outgoing-handler", "handle")
void outgoing_handle(handle request, uint32_t has_options, handle options,
                     handled *);

STREAMS("[method]input-stream.blocking-read")
void in_read(handle, uint64_t length, bytes_result *);
STREAMS("[resource-drop]input-stream") void in_drop(handle);
STREAMS("[method]output-stream.check-write")
void out_check(handle, uint64_t *result);
STREAMS("[method]output-stream.write")
void out_put(handle, const char *, uint32_t, write_result *);
STREAMS("[method]output-stream.blocking-write-and-flush")
void out_put_flushed(handle, const char *, uint32_t, write_result *);
STREAMS("[method]output-stream.blocking-flush")
void out_flush(handle, write_result *);
STREAMS("[resource-drop]output-stream") void stream_drop(handle);

IMPORT("wasi:cli/stdout", "get-stdout") handle stdout_get(void);
IMPORT("wasi:clocks/monotonic-clock", "subscribe-duration")
handle clock_after(uint64_t ns);
IMPORT("wasi:io/poll", "[method]pollable.block") void pollable_block(handle);
IMPORT("wasi:io/poll", "[resource-drop]pollable") void pollable_drop(handle);

/* option<duration> */
HTTP("[constructor]request-options") handle options_new(void);
HTTP("[method]request-options.set-first-byte-timeout")
uint32_t options_first_byte(handle, uint32_t is_some, uint64_t ns);
HTTP("[method]outgoing-request.set-method")
uint32_t asking_method(handle, uint32_t tag, const char *, uint32_t);
HTTP("[method]outgoing-request.set-scheme")
uint32_t asking_scheme(handle, uint32_t is_some, uint32_t tag, const char *,
                       uint32_t);
HTTP("[method]outgoing-request.set-authority")
uint32_t asking_authority(handle, uint32_t is_some, const char *, uint32_t);
HTTP("[method]outgoing-request.set-path-with-query")
uint32_t asking_path(handle, uint32_t is_some, const char *, uint32_t);
HTTP("[method]outgoing-request.body") void asking_body(handle, handle_result *);
HTTP("[resource-drop]outgoing-request") void asking_drop(handle);

/* option<result<result<incoming-response, error-code>>> */
typedef struct { _Alignas(8) uint8_t is_some; uint8_t gap[7];
                 uint8_t is_taken; uint8_t gap2[7];
                 uint8_t is_error; uint8_t gap3[7];
                 union { handle response; uint8_t code; };
                 uint8_t rest[28]; } future_result;
HTTP("[method]future-incoming-response.subscribe") handle future_ready(handle);
HTTP("[method]future-incoming-response.get")
void future_get(handle, future_result *);
HTTP("[resource-drop]future-incoming-response") void future_drop(handle);
HTTP("[method]incoming-response.status") uint32_t reply_status(handle);
HTTP("[method]incoming-response.headers") handle reply_headers(handle);
HTTP("[method]incoming-response.consume")
void reply_consume(handle, handle_result *);
HTTP("[resource-drop]incoming-response") void reply_drop(handle);
/* option<result<result<option<trailers>, error-code>>> */
typedef struct { _Alignas(8) uint8_t is_some; uint8_t gap[7];
                 uint8_t is_taken; uint8_t gap2[7];
                 uint8_t is_error; uint8_t gap3[7];
                 uint8_t has_fields; handle fields;
                 uint8_t rest[24]; } trailers_result;
HTTP("[method]future-trailers.get") void trailers_get(handle, trailers_result *);
/* option<error-code> */
typedef struct { _Alignas(8) uint8_t is_some; uint8_t gap[7]; uint8_t code;
                 uint8_t rest[31]; } code_option;
HTTP("http-error-code") void error_code(handle error, code_option *);
IMPORT("wasi:io/error", "[resource-drop]error") void error_drop(handle);
HTTP("[method]fields.clone") handle fields_clone(handle);

STREAMS("[method]input-stream.read")
void in_try(handle, uint64_t length, bytes_result *);
STREAMS("[method]input-stream.subscribe") handle in_ready(handle);
STREAMS("[method]output-stream.subscribe") handle out_ready(handle);
typedef struct { handle *at; uint32_t length; } place_list;
IMPORT("wasi:io/poll", "poll")
void poll_any(const handle *, uint32_t, place_list *);
IMPORT("wasi:io/poll", "[method]pollable.ready") uint32_t pollable_is(handle);
