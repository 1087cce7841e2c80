// The numbers of the FastCGI specification 1.0, section 8, and nothing else.

export const VERSION = 1;
export const HEADER_BYTES = 8;
/** Longest content of one record: its length field has 16 bits (section 3.3). */
export const MAX_CONTENT_BYTES = 65_535;
/** The request id of management records (section 3.3). */
export const MANAGEMENT_ID = 0;

export const RecordType = {
  BEGIN_REQUEST: 1,
  ABORT_REQUEST: 2,
  END_REQUEST: 3,
  PARAMS: 4,
  STDIN: 5,
  STDOUT: 6,
  STDERR: 7,
  DATA: 8,
  GET_VALUES: 9,
  GET_VALUES_RESULT: 10,
  UNKNOWN_TYPE: 11,
} as const;

/** The largest record type that the specification names (FCGI_MAXTYPE). */
export const MAX_TYPE = 11;

/** Length of the body of BEGIN_REQUEST, END_REQUEST and UNKNOWN_TYPE. */
export const BODY_BYTES = 8;

export const Role = { RESPONDER: 1, AUTHORIZER: 2, FILTER: 3 } as const;

/** Flag of BEGIN_REQUEST: the web server wants to use the connection again. */
export const KEEP_CONN = 1;

export const ProtocolStatus = {
  REQUEST_COMPLETE: 0,
  CANT_MPX_CONN: 1,
  OVERLOADED: 2,
  UNKNOWN_ROLE: 3,
} as const;
export type ProtocolStatus = (typeof ProtocolStatus)[keyof typeof ProtocolStatus];
