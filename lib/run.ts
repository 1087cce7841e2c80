// What one run of a guest is granted, and how it can end. Plain data, known to every stage.

/** One directory a guest may use. Order gives the guest's fd numbers, from 3 on. */
export interface Preopen {
  /** The name the guest sees, a byte string: `/`, `/data`, `./`, `uploads/`. */
  readonly guest: string;
  /** The host directory, an absolute path, a byte string. */
  readonly host: string;
  readonly readOnly: boolean;
  /** Whether the guest may make symlinks where it may write; not by default. */
  readonly symlinks?: boolean;
  /**
   * Set when a tenant and not the admin named `host`: an absolute path that `host` must lie at or
   * beneath; the way from here on is walked like a guest path, so no symlink leads out of it.
   */
  readonly below?: string;
}

/** What WasmSnapshot asks for: requests that begin where the program first read its request. */
export interface Snapshot {
  /** How old one may become before another is made, ms. */
  readonly maxAgeMs: number;
  /** What makes it due by its change. */
  readonly watch: readonly Watched[];
}

/**
 * Why a request began in a fresh instance although WasmSnapshot is On.
 * - not-ready: there is no snapshot yet · outdated: there was one, and something of it has changed
 * - refused: there can be none, or making it failed · component: the module is one, which has none
 * - crowded: there is no room in memory for its snapshot
 * - declined: the program itself opened /dev/wasm-fcgi/fresh
 * - file-changed: what it had open in the snapshot is not there any more, or is another file
 */
export type WhyFresh =
  'not-ready' | 'outdated' | 'refused' | 'component' | 'crowded' | 'declined' | 'file-changed';

/** A file, or a directory with all that lies beneath it. It is looked at, and never read. */
export interface Watched {
  /** An absolute path, a byte string; nothing needs to be there. */
  readonly path: string;
  /** As of a Preopen: set when a tenant and not the admin named it. */
  readonly below?: string;
}

/** What one request may use up. All of it is enforced per request. */
export interface Limits {
  /** Wall time from the start of the run, ms. */
  readonly timeoutMs: number;
  /** CPU time of the run, ms; Infinity, and all from `timeoutMs` on, is no limit besides that one. */
  readonly cpuTimeMs: number;
  /** Linear memory, bytes; a multiple of 65,536. Patched into the module. */
  readonly memoryBytes: number;
  /** Elements of all tables together. Patched into the module. */
  readonly tableElements: number;
  /** Open guest fds, preopens and stdio included. */
  readonly openFiles: number;
  /** Size that any file may reach, bytes. */
  readonly fileBytes: number;
  /** Bytes written to files in all. */
  readonly writtenBytes: number;
  /** Bytes of stdout; Infinity for none. */
  readonly outputBytes: number;
  /** Bytes of stderr that are logged; the rest is dropped and counted. */
  readonly stderrBytes: number;
  /** Bytes of a request body that is given to the guest; Infinity for none. */
  readonly bodyBytes: number;
  /** Requests that the guest may make to others in all; refused ones count. */
  readonly outgoingRequests: number;
  /** ... at a time. */
  readonly outgoingOpen: number;
  /** For the name, the connection and TLS, ms. */
  readonly outgoingConnectMs: number;
  /** From the request's last byte to the answer's head, ms. */
  readonly outgoingHeadMs: number;
  /** Between two pieces of a body, either way, ms. */
  readonly outgoingIdleMs: number;
  /** Names and values of an answer's header fields, bytes. */
  readonly outgoingHeadBytes: number;
  /** Body of one request, bytes; Infinity for none. */
  readonly outgoingSentBytes: number;
  /** Body of one answer, bytes; Infinity for none. */
  readonly outgoingReceivedBytes: number;
}

/** What a guest may ask over HTTP, of whom (WasmAllowHost). */
export interface HostRule {
  readonly scheme: 'http' | 'https';
  /** Lower case: a name, an address without brackets, `*.` and a name for all beneath it, `*` for all. */
  readonly host: string;
  /** Undefined for any. */
  readonly port: number | undefined;
  /** Undefined for any. */
  readonly methods?: readonly string[];
  /** Names may lead to private addresses. An address that is named is always what was meant. */
  readonly isPrivate?: boolean;
  /** One of these must allow it as well: the bounds of whoever is not the admin. */
  readonly within?: readonly HostRule[];
}

/** How a run ended. Everything but `exit` is answered and logged by the handler. */
export type Outcome =
  | { readonly kind: 'exit'; readonly code: number }
  /** A Wasm trap, stack overflow, or uncaught exception of the guest. */
  | { readonly kind: 'trap'; readonly message: string }
  /** Instantiation failed: missing import or export, wrong type; the message names it. */
  | { readonly kind: 'link'; readonly message: string }
  /** Wall time is over; the worker was ended if need be. */
  | { readonly kind: 'timeout' }
  /** Another limit ended it: which, and what it was. */
  | { readonly kind: 'limit'; readonly limit: keyof Limits; readonly message: string }
  /** A handler of wasi:http came to its end without a whole response: the message says what is missing. */
  | { readonly kind: 'unanswered'; readonly message: string }
  /** No thread was free within the queue's wait limit; the guest never ran. */
  | { readonly kind: 'overload'; readonly message: string }
  /** The body did not come within the wall time; the guest never ran. */
  | { readonly kind: 'late'; readonly message: string }
  /** The process has no descriptor left for a directory of the guest, which never ran. */
  | { readonly kind: 'exhausted'; readonly message: string }
  /** The client went away. */
  | { readonly kind: 'aborted' }
  /** A preopen cannot be opened, or the worker itself died: the message says what. */
  | { readonly kind: 'failed'; readonly message: string };
