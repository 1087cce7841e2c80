// What a sample says about itself, and what the demo asks of it.

/** One request, and what its answer must be. */
export interface Check {
  /** The words of its link on the start page; a request without is made by `--check` only. */
  readonly link?: string;
  /** Path and query, as a browser would send it. */
  readonly path: string;
  /** Default: POST with a form or body, else GET. */
  readonly method?: string;
  /** Headers of the request. */
  readonly sent?: Readonly<Record<string, string>>;
  /** Sent as a form; with a `File` in it as multipart/form-data. */
  readonly form?: Readonly<Record<string, string | File>>;
  /** Name of a hidden field: it is sent with the form, as the page before had it. */
  readonly keeps?: string;
  /** Sent as it is, chunked: that many bytes of zeros. */
  readonly zeros?: number;
  /** Expected status; default 200. */
  readonly status?: number;
  /** The answer must break off: a limit has cut it. */
  readonly broken?: boolean;
  /** Texts that the body must have. */
  readonly has?: readonly string[];
  /** Texts that the body must not have. */
  readonly lacks?: readonly string[];
  /** Headers that the answer must have, with their beginning. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The whole answer must be there by then, ms; default 90,000. */
  readonly longestMs?: number;
  /** The body must come in pieces: at least that long from its first to its last, ms. */
  readonly streamsMs?: number;
}

/** One program of the demo; `name` is its folder. */
export interface Sample {
  readonly name: string;
  readonly title: string;
  readonly language: string;
  /** One sentence or two for the start page. */
  readonly about: string;
  /** The file to read first, within its folder. */
  readonly source: string;
  readonly checks: readonly Check[];
}

export const PLAIN = { 'content-type': 'text/plain' };
export const HTML = { 'content-type': 'text/html' };

/** A small file to upload. */
export function abc(): File {
  return new File(['abc'], 'abc.txt', { type: 'text/plain' });
}
