// The limits of a run as options: each has a row here, an option `max-<name>`, and a WasmLimit.

import type { Limits } from '../run.js';
import type { OptionRow } from './option.js';

const GIB = 1_073_741_824;
const HOUR_MS = 3_600_000;

/** Said of every limit whose passing ends a run that may have sent something already. */
const CUT = 'or the connection is cut when the head was sent';

export interface LimitRow extends OptionRow {
  /** Where a run finds it. */
  readonly limit: keyof Limits;
  /** Default of `max-<name>`: the most that a request may ask for. */
  readonly ceiling: string;
  /** What the client, or the program, gets when it is passed. */
  readonly over: string;
}

export const LIMIT_ROWS = [
  {
    name: 'timeout',
    limit: 'timeoutMs',
    type: 'duration',
    section: 'limits',
    default: '30s',
    ceiling: '5m',
    min: 1,
    max: HOUR_MS,
    over: `504, ${CUT}`,
    description: 'Wall time of a run. WasmTimeout is short for WasmLimit timeout.',
  },
  {
    name: 'cpu-time',
    limit: 'cpuTimeMs',
    type: 'duration',
    section: 'limits',
    default: 'unlimited',
    ceiling: 'unlimited',
    min: 1,
    max: HOUR_MS,
    unlimited: true,
    over: `504, ${CUT}`,
    description: 'Processor time of a run; what it sleeps or waits does not count.',
  },
  {
    name: 'memory',
    limit: 'memoryBytes',
    type: 'size',
    section: 'limits',
    default: '256MiB',
    ceiling: '4GiB',
    min: 65_536,
    max: 4 * GIB,
    step: 65_536,
    over: 'memory.grow answers -1; 500 for a module that begins with more',
    description: 'Linear memory of a program.',
  },
  {
    name: 'table',
    limit: 'tableElements',
    type: 'integer',
    section: 'limits',
    default: '100000',
    ceiling: '1000000',
    min: 0,
    max: 1_000_000,
    over: 'table.grow answers -1; 500 for a module that begins with more',
    description: 'Elements of all tables of a program together.',
  },
  {
    name: 'open-files',
    limit: 'openFiles',
    type: 'integer',
    section: 'limits',
    default: '128',
    ceiling: '65536',
    min: 3,
    max: 65_536,
    over: 'EMFILE to the program',
    description: 'Open file descriptors of a program, directories and standard streams included.',
  },
  {
    name: 'file-size',
    limit: 'fileBytes',
    type: 'size',
    section: 'limits',
    default: '64MiB',
    ceiling: 'unlimited',
    min: 0,
    unlimited: true,
    over: 'EFBIG to the program',
    description: 'Size that any file may reach by writing.',
  },
  {
    name: 'written',
    limit: 'writtenBytes',
    type: 'size',
    section: 'limits',
    default: '256MiB',
    ceiling: 'unlimited',
    min: 0,
    unlimited: true,
    over: 'ENOSPC to the program',
    description: 'Bytes that one request may write to files in all.',
  },
  {
    name: 'output',
    limit: 'outputBytes',
    type: 'size',
    section: 'limits',
    default: 'unlimited',
    ceiling: 'unlimited',
    min: 0,
    unlimited: true,
    over: `500, ${CUT}`,
    description: 'Bytes of an answer. It is streamed: memory does not grow with it.',
  },
  {
    name: 'stderr',
    limit: 'stderrBytes',
    type: 'size',
    section: 'limits',
    default: '64KiB',
    ceiling: '1GiB',
    min: 0,
    max: GIB,
    over: 'the rest is dropped, and its bytes are counted in the log',
    description: 'Bytes of standard error that are logged per request.',
  },
  {
    name: 'request-body',
    limit: 'bodyBytes',
    type: 'size',
    section: 'limits',
    default: 'unlimited',
    ceiling: 'unlimited',
    min: 0,
    unlimited: true,
    over: `413, ${CUT}`,
    description: "Bytes of a request's body, besides what the web server allows.",
  },
  {
    name: 'outgoing-requests',
    limit: 'outgoingRequests',
    type: 'integer',
    section: 'limits',
    default: '32',
    ceiling: '1000000',
    min: 0,
    max: 1_000_000,
    over: 'connection-limit-reached to the program',
    description:
      'Requests that one run may make to others in all, refused ones included. See WasmAllowHost.',
  },
  {
    name: 'outgoing-open',
    limit: 'outgoingOpen',
    type: 'integer',
    section: 'limits',
    default: '4',
    ceiling: '1000',
    min: 0,
    max: 1_000,
    over: 'connection-limit-reached to the program',
    description: 'Of these, how many at a time.',
  },
  {
    name: 'outgoing-connect',
    limit: 'outgoingConnectMs',
    type: 'duration',
    section: 'limits',
    default: '5s',
    ceiling: '1h',
    min: 1,
    max: HOUR_MS,
    over: 'DNS-timeout or connection-timeout to the program',
    description: 'Time to find the name, to connect, and for TLS, of an outgoing request.',
  },
  {
    name: 'outgoing-first-byte',
    limit: 'outgoingHeadMs',
    type: 'duration',
    section: 'limits',
    default: '15s',
    ceiling: '1h',
    min: 1,
    max: HOUR_MS,
    over: 'connection-read-timeout to the program',
    description: 'Time from the end of an outgoing request to the head of its answer.',
  },
  {
    name: 'outgoing-between-bytes',
    limit: 'outgoingIdleMs',
    type: 'duration',
    section: 'limits',
    default: '10s',
    ceiling: '1h',
    min: 1,
    max: HOUR_MS,
    over: 'connection-read-timeout or connection-write-timeout to the program',
    description: 'Time between two pieces of a body, sent or received.',
  },
  {
    name: 'outgoing-head',
    limit: 'outgoingHeadBytes',
    type: 'size',
    section: 'limits',
    default: '32KiB',
    ceiling: '1MiB',
    min: 0,
    max: 1_048_576,
    over: 'HTTP-response-header-section-size to the program',
    description: 'Names and values of all header fields of an answer to an outgoing request.',
  },
  {
    name: 'outgoing-sent',
    limit: 'outgoingSentBytes',
    type: 'size',
    section: 'limits',
    default: '16MiB',
    ceiling: 'unlimited',
    min: 0,
    unlimited: true,
    over: 'HTTP-request-body-size to the program',
    description: 'Bytes of the body of an outgoing request.',
  },
  {
    name: 'outgoing-received',
    limit: 'outgoingReceivedBytes',
    type: 'size',
    section: 'limits',
    default: '64MiB',
    ceiling: 'unlimited',
    min: 0,
    unlimited: true,
    over: 'HTTP-response-body-size to the program',
    description:
      'Bytes of the body of the answer to one. It is streamed: memory does not grow with it.',
  },
] as const satisfies readonly LimitRow[];

export type LimitName = (typeof LIMIT_ROWS)[number]['name'];

/** `max-timeout` and so on. */
export const CEILING_ROWS: readonly OptionRow[] = LIMIT_ROWS.map(ceilingOf);

function ceilingOf(row: LimitRow): OptionRow {
  return {
    ...row,
    name: `max-${row.name}`,
    default: row.ceiling,
    description: `The most that WasmLimit ${row.name} may ask for; more is lowered to this.`,
  };
}
