// Every code that a refused request is logged with: what it means, and what to do about it.

interface Fault {
  /** What has happened, for those who run the site. */
  readonly cause: string;
  /** What they can do. Printed beside the cause in the log. */
  readonly fix: string;
}

/** By code. docs/troubleshooting.md is made of it (`npm run docs`). */
export const FAULTS = {
  ABORTED: {
    cause: 'The run was ended from outside before it had answered: the server is stopping.',
    fix: 'Nothing, if the server was stopped or restarted; else look at the log lines before.',
  },
  BAD_PARAMS: {
    cause: 'The params WASM_… of the web server contradict what this version understands.',
    fix: 'Install mod_wasm.so and wasm-fcgi of the same version; with hand-written params, correct the one that is named.',
  },
  BAD_RESPONSE_HEAD: {
    cause: 'With WasmEnableCGI On the output must begin with header lines and an empty line.',
    fix: 'Let the program print "Content-Type: text/html" and an empty line first, or say WasmEnableCGI Off.',
  },
  BODY_TIMEOUT: {
    cause: 'The client sent its body so slowly that the time of the run was over before it began.',
    fix: 'Nothing, if the client was slow on purpose; else raise WasmTimeout, and look at mod_reqtimeout.',
  },
  BODY_TOO_LARGE: {
    cause: "The request's body is larger than its limit request-body.",
    fix: 'Raise WasmLimit request-body where such uploads are wanted.',
  },
  BODY_TOO_SHORT: {
    cause: 'The program promised a Content-Length and wrote less.',
    fix: 'Correct or leave out the Content-Length that the program prints.',
  },
  ENVIRONMENT_TOO_LARGE: {
    cause:
      'WasmEnv, or the headers of the request, are more than an environment of 65,536 bytes and 256 variables.',
    fix: 'With status 500 shorten the WasmEnv lines; with 431 the client sent too many or too long headers.',
  },
  FORGED: {
    cause: 'The signature of the params is wrong: another key, or somebody altered them.',
    fix: 'Let WasmKeyFile and --key-file name the same file and restart both; look for SetEnv WASM_… and ProxyFCGISetEnvIf.',
  },
  INTERNAL: {
    cause: 'wasm-fcgi itself failed at this request.',
    fix: 'Report it with this log line; other requests are not affected.',
  },
  LIMIT: {
    cause: 'The program used up one of its limits, which the reason names, and was ended.',
    fix: 'Raise that limit where the program deserves it, with WasmLimit or in [limits]; else correct the program.',
  },
  LINK: {
    cause: 'The module imports what the host does not provide, or lacks the export to start at.',
    fix: 'Run wasm-fcgi inspect on the module; build it for WASI preview1 (wasm32-wasip1) or 0.2 (wasm32-wasip2), or set WasmEntryPoint.',
  },
  MODULE_INVALID: {
    cause:
      'The file begins like WebAssembly, but is damaged, of an unknown proposal, or over a bound.',
    fix: 'Run wasm-fcgi check on it; build it again without threads, 64-bit memory and new proposals.',
  },
  MODULE_NOT_FOUND: {
    cause: 'There is no file at the path of the module.',
    fix: 'Correct WasmModule or WasmRoot, or put the file there; the next request finds it.',
  },
  MODULE_NOT_READABLE: {
    cause:
      'The user that runs wasm-fcgi cannot read the module, or it is no file, or lies outside of where an .htaccess may point.',
    fix: 'Give that user read permission for the file and every directory above it (namei -l FILE), or extend WasmHtaccessRoot.',
  },
  MODULE_NOT_WASM: {
    cause: 'The file is no WebAssembly module: a script, a text, something else.',
    fix: 'Let WasmModule name a .wasm file.',
  },
  MODULE_TABLE_TOO_LARGE: {
    cause: 'The module starts with more table elements than a request may have.',
    fix: 'Raise table in [limits] or with WasmLimit; compilers write a table as long as the program has functions.',
  },
  MODULE_TOO_LARGE: {
    cause: 'The file is larger than module-size.',
    fix: 'Strip it (wasm-strip, wasm-opt -Oz), or raise module-size in [limits].',
  },
  MODULE_TOO_MUCH_MEMORY: {
    cause: 'The module starts with more memory than a request may have.',
    fix: 'Raise memory in [limits] or with WasmLimit, or link it with a smaller initial memory.',
  },
  NO_ANSWER: {
    cause: 'The program ended before it had answered; its exit code is in the reason.',
    fix: 'Read the guest-stderr lines of the same request; try it in a shell with wasm-fcgi run.',
  },
  NO_DESCRIPTORS: {
    cause:
      'The process, or the machine, has no file descriptor left for the module or a directory of the program.',
    fix: 'Raise LimitNOFILE of the unit (ulimit -n) over workers × open-files + connections, or lower one of these.',
  },
  NO_RESPONSE: {
    cause:
      'A component that handles HTTP ended without a response, with an error, or with half a body.',
    fix: 'Let the handler set its response and finish the body; read the guest-stderr lines of the same request.',
  },
  OUTSIDE: {
    cause:
      'A path lies outside of what this place may give away: module-root and dir-root for unsigned params, WasmHtaccessRoot for an .htaccess.',
    fix: 'Move the file, or let the one who runs the server extend that root.',
  },
  OVERLOAD: {
    cause: 'No worker was free within queue-timeout.',
    fix: 'Find slow programs in the log; raise workers, or lower WasmTimeout so that slow runs end earlier.',
  },
  PARAMS_MALFORMED: {
    cause: 'The web server sent FastCGI params that end within a pair.',
    fix: 'Look for what else connects to the socket; httpd, nginx and lighttpd do not do this.',
  },
  PARAMS_TOO_LARGE: {
    cause: 'The params of the request are more than params-size.',
    fix: 'Raise params-size in [limits], or lower LimitRequestFieldSize and LimitRequestFields of httpd.',
  },
  QUEUE_FULL: {
    cause: 'All workers are busy and the queue is full.',
    fix: 'Raise workers or queue in [server] when the machine has room; else find what takes so long.',
  },
  RUN_FAILED: {
    cause: 'The run could not begin or its thread died: often a directory that cannot be opened.',
    fix: 'Check that the directories of WasmDir and WasmMapDir exist and that the user of wasm-fcgi may enter them.',
  },
  SYSTEM_DIRECTORY: {
    cause:
      'The configuration gives a program /, /proc, /sys, /dev or /run, or the directory where snapshots are kept.',
    fix: 'Map the document root instead, or set snapshot-dir to another place; allow-system-dirs = on in [trust] allows it, and ends the sandbox.',
  },
  TIMEOUT: {
    cause: 'The program ran longer than its time and was ended.',
    fix: 'Raise WasmTimeout (up to max-timeout) where the work is worth it; else look for an endless loop.',
  },
  TRAP: {
    cause: 'The program crashed: unreachable code, an access beyond its memory, a stack overflow.',
    fix: 'Read the guest-stderr lines of the same request; where they speak of memory, raise WasmLimit memory; build with debug names to see function names here.',
  },
  UNSIGNED: {
    cause: 'The params have no signature, and unsigned ones are not believed.',
    fix: 'Behind Apache let WasmKeyFile name the --key-file of the responder; for nginx and lighttpd set allow-unsigned with roots.',
  },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultCode = keyof typeof FAULTS;

/** What to do about a fault. */
export function fixOf(code: FaultCode): string {
  return FAULTS[code].fix;
}
