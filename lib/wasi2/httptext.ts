// The types and functions of wasi:http/types.

export const HTTP_TEXT = `
  use wasi:clocks/monotonic-clock duration
  use wasi:io/streams input-stream output-stream
  use wasi:io/error error
  use wasi:io/poll pollable
  variant method get head post put delete connect options trace patch other(string)
  variant scheme HTTP HTTPS other(string)
  record DNS-error-payload rcode:option<string> info-code:option<u16>
  record TLS-alert-received-payload alert-id:option<u8> alert-message:option<string>
  record field-size-payload field-name:option<string> field-size:option<u32>
  variant error-code DNS-timeout DNS-error(DNS-error-payload) destination-not-found destination-unavailable destination-IP-prohibited destination-IP-unroutable connection-refused connection-terminated connection-timeout connection-read-timeout connection-write-timeout connection-limit-reached TLS-protocol-error TLS-certificate-error TLS-alert-received(TLS-alert-received-payload) HTTP-request-denied HTTP-request-length-required HTTP-request-body-size(option<u64>) HTTP-request-method-invalid HTTP-request-URI-invalid HTTP-request-URI-too-long HTTP-request-header-section-size(option<u32>) HTTP-request-header-size(option<field-size-payload>) HTTP-request-trailer-section-size(option<u32>) HTTP-request-trailer-size(field-size-payload) HTTP-response-incomplete HTTP-response-header-section-size(option<u32>) HTTP-response-header-size(field-size-payload) HTTP-response-body-size(option<u64>) HTTP-response-trailer-section-size(option<u32>) HTTP-response-trailer-size(field-size-payload) HTTP-response-transfer-coding(option<string>) HTTP-response-content-coding(option<string>) HTTP-response-timeout HTTP-upgrade-failed HTTP-protocol-error loop-detected configuration-error internal-error(option<string>)
  variant header-error invalid-syntax forbidden immutable
  resource fields
  resource incoming-request
  resource outgoing-request
  resource request-options
  resource response-outparam
  resource incoming-response
  resource incoming-body
  resource future-trailers
  resource outgoing-response
  resource outgoing-body
  resource future-incoming-response
  func http-error-code err:borrow<error> -> option<error-code>
  func [constructor]fields -> fields
  func [static]fields.from-list entries:list<tuple<string,list<u8>>> -> result<fields,header-error>
  func [method]fields.get self:borrow<fields> name:string -> list<list<u8>>
  func [method]fields.has self:borrow<fields> name:string -> bool
  func [method]fields.set self:borrow<fields> name:string value:list<list<u8>> -> result<_,header-error>
  func [method]fields.delete self:borrow<fields> name:string -> result<_,header-error>
  func [method]fields.append self:borrow<fields> name:string value:list<u8> -> result<_,header-error>
  func [method]fields.entries self:borrow<fields> -> list<tuple<string,list<u8>>>
  func [method]fields.clone self:borrow<fields> -> fields
  func [method]incoming-request.method self:borrow<incoming-request> -> method
  func [method]incoming-request.path-with-query self:borrow<incoming-request> -> option<string>
  func [method]incoming-request.scheme self:borrow<incoming-request> -> option<scheme>
  func [method]incoming-request.authority self:borrow<incoming-request> -> option<string>
  func [method]incoming-request.headers self:borrow<incoming-request> -> fields
  func [method]incoming-request.consume self:borrow<incoming-request> -> result<incoming-body>
  func [constructor]outgoing-request headers:fields -> outgoing-request
  func [method]outgoing-request.body self:borrow<outgoing-request> -> result<outgoing-body>
  func [method]outgoing-request.method self:borrow<outgoing-request> -> method
  func [method]outgoing-request.set-method self:borrow<outgoing-request> method:method -> result
  func [method]outgoing-request.path-with-query self:borrow<outgoing-request> -> option<string>
  func [method]outgoing-request.set-path-with-query self:borrow<outgoing-request> path-with-query:option<string> -> result
  func [method]outgoing-request.scheme self:borrow<outgoing-request> -> option<scheme>
  func [method]outgoing-request.set-scheme self:borrow<outgoing-request> scheme:option<scheme> -> result
  func [method]outgoing-request.authority self:borrow<outgoing-request> -> option<string>
  func [method]outgoing-request.set-authority self:borrow<outgoing-request> authority:option<string> -> result
  func [method]outgoing-request.headers self:borrow<outgoing-request> -> fields
  func [constructor]request-options -> request-options
  func [method]request-options.connect-timeout self:borrow<request-options> -> option<duration>
  func [method]request-options.set-connect-timeout self:borrow<request-options> duration:option<duration> -> result
  func [method]request-options.first-byte-timeout self:borrow<request-options> -> option<duration>
  func [method]request-options.set-first-byte-timeout self:borrow<request-options> duration:option<duration> -> result
  func [method]request-options.between-bytes-timeout self:borrow<request-options> -> option<duration>
  func [method]request-options.set-between-bytes-timeout self:borrow<request-options> duration:option<duration> -> result
  func [method]response-outparam.send-informational self:borrow<response-outparam> status:u16 headers:fields -> result<_,error-code>
  func [static]response-outparam.set param:response-outparam response:result<outgoing-response,error-code>
  func [method]incoming-response.status self:borrow<incoming-response> -> u16
  func [method]incoming-response.headers self:borrow<incoming-response> -> fields
  func [method]incoming-response.consume self:borrow<incoming-response> -> result<incoming-body>
  func [method]incoming-body.stream self:borrow<incoming-body> -> result<input-stream>
  func [static]incoming-body.finish this:incoming-body -> future-trailers
  func [method]future-trailers.subscribe self:borrow<future-trailers> -> pollable
  func [method]future-trailers.get self:borrow<future-trailers> -> option<result<result<option<fields>,error-code>>>
  func [constructor]outgoing-response headers:fields -> outgoing-response
  func [method]outgoing-response.status-code self:borrow<outgoing-response> -> u16
  func [method]outgoing-response.set-status-code self:borrow<outgoing-response> status-code:u16 -> result
  func [method]outgoing-response.headers self:borrow<outgoing-response> -> fields
  func [method]outgoing-response.body self:borrow<outgoing-response> -> result<outgoing-body>
  func [method]outgoing-body.write self:borrow<outgoing-body> -> result<output-stream>
  func [static]outgoing-body.finish this:outgoing-body trailers:option<fields> -> result<_,error-code>
  func [method]future-incoming-response.subscribe self:borrow<future-incoming-response> -> pollable
  func [method]future-incoming-response.get self:borrow<future-incoming-response> -> option<result<result<incoming-response,error-code>>>
`;
