// The types of wasi:filesystem/types, as lib/component/wit.ts reads them.

export const FILESYSTEM_TEXT = `
  use wasi:io/streams input-stream output-stream
  use wasi:io/error error
  use wasi:clocks/wall-clock datetime
  type filesize u64
  type link-count u64
  enum descriptor-type unknown block-device character-device directory fifo symbolic-link regular-file socket
  flags descriptor-flags read write file-integrity-sync data-integrity-sync requested-write-sync mutate-directory
  record descriptor-stat type:descriptor-type link-count:link-count size:filesize data-access-timestamp:option<datetime> data-modification-timestamp:option<datetime> status-change-timestamp:option<datetime>
  flags path-flags symlink-follow
  flags open-flags create directory exclusive truncate
  variant new-timestamp no-change now timestamp(datetime)
  record directory-entry type:descriptor-type name:string
  enum error-code access would-block already bad-descriptor busy deadlock quota exist file-too-large illegal-byte-sequence in-progress interrupted invalid io is-directory loop too-many-links message-size name-too-long no-device no-entry no-lock insufficient-memory insufficient-space not-directory not-empty not-recoverable unsupported no-tty no-such-device overflow not-permitted pipe read-only invalid-seek text-file-busy cross-device
  enum advice normal sequential random will-need dont-need no-reuse
  record metadata-hash-value lower:u64 upper:u64
  resource descriptor
  resource directory-entry-stream
  func [method]descriptor.read-via-stream self:borrow<descriptor> offset:filesize -> result<input-stream,error-code>
  func [method]descriptor.write-via-stream self:borrow<descriptor> offset:filesize -> result<output-stream,error-code>
  func [method]descriptor.append-via-stream self:borrow<descriptor> -> result<output-stream,error-code>
  func [method]descriptor.advise self:borrow<descriptor> offset:filesize length:filesize advice:advice -> result<_,error-code>
  func [method]descriptor.sync-data self:borrow<descriptor> -> result<_,error-code>
  func [method]descriptor.get-flags self:borrow<descriptor> -> result<descriptor-flags,error-code>
  func [method]descriptor.get-type self:borrow<descriptor> -> result<descriptor-type,error-code>
  func [method]descriptor.set-size self:borrow<descriptor> size:filesize -> result<_,error-code>
  func [method]descriptor.set-times self:borrow<descriptor> data-access-timestamp:new-timestamp data-modification-timestamp:new-timestamp -> result<_,error-code>
  func [method]descriptor.read self:borrow<descriptor> length:filesize offset:filesize -> result<tuple<list<u8>,bool>,error-code>
  func [method]descriptor.write self:borrow<descriptor> buffer:list<u8> offset:filesize -> result<filesize,error-code>
  func [method]descriptor.read-directory self:borrow<descriptor> -> result<directory-entry-stream,error-code>
  func [method]descriptor.sync self:borrow<descriptor> -> result<_,error-code>
  func [method]descriptor.create-directory-at self:borrow<descriptor> path:string -> result<_,error-code>
  func [method]descriptor.stat self:borrow<descriptor> -> result<descriptor-stat,error-code>
  func [method]descriptor.stat-at self:borrow<descriptor> path-flags:path-flags path:string -> result<descriptor-stat,error-code>
  func [method]descriptor.set-times-at self:borrow<descriptor> path-flags:path-flags path:string data-access-timestamp:new-timestamp data-modification-timestamp:new-timestamp -> result<_,error-code>
  func [method]descriptor.link-at self:borrow<descriptor> old-path-flags:path-flags old-path:string new-descriptor:borrow<descriptor> new-path:string -> result<_,error-code>
  func [method]descriptor.open-at self:borrow<descriptor> path-flags:path-flags path:string open-flags:open-flags flags:descriptor-flags -> result<descriptor,error-code>
  func [method]descriptor.readlink-at self:borrow<descriptor> path:string -> result<string,error-code>
  func [method]descriptor.remove-directory-at self:borrow<descriptor> path:string -> result<_,error-code>
  func [method]descriptor.rename-at self:borrow<descriptor> old-path:string new-descriptor:borrow<descriptor> new-path:string -> result<_,error-code>
  func [method]descriptor.symlink-at self:borrow<descriptor> old-path:string new-path:string -> result<_,error-code>
  func [method]descriptor.unlink-file-at self:borrow<descriptor> path:string -> result<_,error-code>
  func [method]descriptor.is-same-object self:borrow<descriptor> other:borrow<descriptor> -> bool
  func [method]descriptor.metadata-hash self:borrow<descriptor> -> result<metadata-hash-value,error-code>
  func [method]descriptor.metadata-hash-at self:borrow<descriptor> path-flags:path-flags path:string -> result<metadata-hash-value,error-code>
  func [method]directory-entry-stream.read-directory-entry self:borrow<directory-entry-stream> -> result<option<directory-entry>,error-code>
  func filesystem-error-code err:borrow<error> -> option<error-code>
`;
