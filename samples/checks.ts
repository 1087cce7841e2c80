// The samples: what the start page says about each, and the requests that `--check` makes of it.

/** One request, and what its answer must be. */
export interface Check {
  /** The words of its link on the start page; a request without is made by `--check` only. */
  readonly link?: string;
  /** Path and query, as a browser would send it. */
  readonly path: string;
  /** Default: POST with a form or body, else GET. */
  readonly method?: string;
  /** Sent as a form; with a `File` in it as multipart/form-data. */
  readonly form?: Readonly<Record<string, string | File>>;
  /** Sent as it is, chunked: that many bytes of zeros. */
  readonly zeros?: number;
  /** Expected status; default 200. */
  readonly status?: number;
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

const PLAIN = { 'content-type': 'text/plain' };
const HTML = { 'content-type': 'text/html' };
const MEBIBYTE = 1_048_576;
/** SHA-256 of 32 MiB of zeros. */
const ZEROS_32M = '83ee47245398adee79bd9c0a8bc57b821e92aba10f5f9ade8a5d1fae4d8c4302';
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const ABC_SHA1 = 'a9993e364706816aba3e25717850c26c9cd0d89d';

function abc(): File {
  return new File(['abc'], 'abc.txt', { type: 'text/plain' });
}

/** Served by Apache itself; it links to all of the samples. */
export const START_PAGE: Sample = {
  name: 'start-page',
  title: 'Start page',
  language: 'HTML',
  about: 'The list of the samples.',
  source: 'index.html',
  checks: [
    { path: '/', headers: HTML, has: ['href="/php/"', 'id="hello-wat"', 'WasmMapDirReadOnly'] },
    { path: '/style.css', headers: { 'content-type': 'text/css' } },
    { path: '/source/php/htdocs/index.php', headers: PLAIN, has: ['<?php'] },
    { path: '/none', status: 404 },
  ],
};

/** In the order of the start page. */
export const SAMPLES: readonly Sample[] = [
  {
    name: 'php',
    title: 'PHP',
    language: 'PHP 8.2',
    about:
      'An unchanged PHP: a form, an upload, a session. It sees its own pages and nothing else.',
    source: 'htdocs/index.php',
    checks: [
      { link: 'A page', path: '/php/', headers: HTML, has: ['Visit number 1.'] },
      { path: '/php/index.php', has: ['Visit number 2.', '<td>/htdocs/index.php'] },
      { path: '/php/', form: { name: 'a <guest>' }, has: ['Hello a &lt;guest&gt;.'] },
      { path: '/php/', form: { file: abc() }, has: ['abc.txt: 3 bytes', ABC_SHA1] },
      { path: '/php/', form: { forget: '1' }, status: 303, headers: { location: '/php/' } },
      { path: '/php/', has: ['Visit number 1.'], lacks: ['/etc/passwd<td>readable'] },
      { path: '/php/none.php', status: 404 },
    ],
  },
  {
    name: 'python',
    title: 'Python',
    language: 'Python 3.12',
    about:
      'A CGI script with the standard library. Ask it to open a file of the server: it cannot.',
    source: 'app/hello.py',
    checks: [
      { link: 'A page', path: '/python', headers: HTML, has: ['Hello world, from Python 3.12'] },
      {
        link: 'JSON',
        path: '/python?format=json&name=you',
        headers: { 'content-type': 'application/json' },
        has: ['"hello": "you"'],
      },
      {
        link: 'Open /etc/passwd',
        path: '/python?open=/etc/passwd',
        has: ['class="refused"'],
        lacks: ['root:'],
      },
      { link: 'Open its own source', path: '/python?open=/app/hello.py', has: ['def main():'] },
      { path: '/python', form: { name: 'a <guest>' }, has: ['Hello a &lt;guest&gt;'] },
    ],
  },
  {
    name: 'ruby',
    title: 'Ruby',
    language: 'Ruby 3.2',
    about: 'CGI and ERB from the standard library: a form, a cookie, a redirect.',
    source: 'app/guests.rb',
    checks: [
      { link: 'A page', path: '/ruby', headers: HTML, has: ['Ruby 3.2.0', '2584, 4181'] },
      {
        path: '/ruby',
        form: { guest: 'J\u00fcrgen' },
        status: 303,
        headers: { location: '/ruby', 'set-cookie': 'guest=' },
      },
      { path: '/ruby', has: ['Last one at the door: J\u00fcrgen.'] },
    ],
  },
  {
    name: 'request-viewer',
    title: 'What a program sees',
    language: 'C',
    about: 'Arguments, environment, directories and request body: all that a program is given.',
    source: 'request-viewer.c',
    checks: [
      {
        link: 'A request',
        path: '/request-viewer/some/path?a=b&c=%41',
        headers: HTML,
        has: [
          '<th>argv[0]<td>request-viewer.wasm',
          '<th>argv[2]<td>two words',
          '<th>GREETING<td>Hello from httpd.conf',
          '<th>PATH_INFO<td>/some/path',
          '<th>QUERY_STRING<td>a=b&amp;c=%41',
          '<th>/shown<td>read only',
          '<th>/tmp<td>read and write',
        ],
        lacks: ['<th>PATH<td>', '<th>DOCUMENT_ROOT<td>', '<th>WASM_'],
      },
      { path: '/request-viewer', form: { text: '<b>' }, has: ['Body, 12 bytes', 'text=%3Cb%3E'] },
    ],
  },
  {
    name: 'list-dir',
    title: 'A mapped directory',
    language: 'C',
    about: 'One directory of the server, mapped read-only as /data. Every other path is refused.',
    source: 'list-dir.c',
    checks: [
      { link: 'The directory', path: '/list-dir', has: ['readme.txt', '45 bytes', 'poems/'] },
      { link: 'A directory in it', path: '/list-dir?dir=/data/poems', has: ['rain.txt'] },
      { link: 'The way out', path: '/list-dir?dir=/data/..', has: ['The sandbox says'] },
      { link: '/etc', path: '/list-dir?dir=/etc', has: ['The sandbox says'], lacks: ['passwd'] },
    ],
  },
  {
    name: 'upload-echo',
    title: 'Uploads of any size',
    language: 'C',
    about: 'Length and SHA-256 of what you upload, or its very bytes back, with flat memory.',
    source: 'upload-echo.c',
    checks: [
      { link: 'Upload a file', path: '/upload-echo', headers: HTML, has: ['type="file"'] },
      { path: '/upload-echo', form: { file: abc() }, has: ['name="file"', 'length 3', ABC] },
      {
        path: '/upload-echo',
        zeros: 32 * MEBIBYTE,
        has: [`length ${32 * MEBIBYTE}\n`, ZEROS_32M],
      },
      { path: '/upload-echo?echo', form: { a: 'b c' }, has: ['a=b+c'] },
    ],
  },
  {
    name: 'limits',
    title: 'Limits',
    language: 'C',
    about: 'A program that takes all it can get, and gets no more than one request may.',
    source: 'limits.c',
    checks: [
      { path: '/limits', headers: HTML, has: ['Take all the time'] },
      { link: 'All the time', path: '/limits?time', status: 504, longestMs: 20_000 },
      { link: 'All the memory', path: '/limits?memory', has: ['No more memory after 2'] },
      { link: 'All the disk', path: '/limits?disk', has: ['File too large after 64 MB'] },
    ],
  },
  {
    name: 'ticker',
    title: 'Ticker',
    language: 'C',
    about: 'Ten lines, one every 200 ms. Each is sent when it is flushed.',
    source: 'ticker.c',
    checks: [
      {
        link: 'Watch it',
        path: '/ticker',
        headers: PLAIN,
        has: ['line 1 of 10\n', 'line 10 of 10\n'],
        streamsMs: 1000,
      },
    ],
  },
  {
    name: 'drop-in',
    title: 'A directory of programs',
    language: 'C',
    about: 'Drop a .wasm file into a directory and ask for it by its name.',
    source: 'clock.c',
    checks: [
      {
        link: 'clock.wasm',
        path: '/drop-in/clock.wasm',
        headers: PLAIN,
        has: ['/drop-in/clock.wasm says: '],
      },
      { path: '/drop-in/none.wasm', status: 404 },
    ],
  },
  {
    name: 'hello-rust',
    title: 'Hello from Rust',
    language: 'Rust',
    about: 'A CGI program that greets the name of the query string.',
    source: 'hello.rs',
    checks: [
      { link: 'Hello', path: '/hello-rust', headers: PLAIN, has: ['Hello world, from Rust.'] },
      {
        link: 'Hello you',
        path: '/hello-rust?name=you+%26+J%C3%BCrgen',
        has: ['Hello you & J\u00fcrgen, from Rust.'],
      },
      { path: '/hello-rust', method: 'HEAD', headers: PLAIN },
    ],
  },
  {
    name: 'hello-c',
    title: 'Hello from C',
    language: 'C',
    about: 'Ten lines without CGI: what is printed is the body.',
    source: 'hello.c',
    checks: [{ link: 'Hello', path: '/hello-c', has: ['Hello from C.\n'] }],
  },
  {
    name: 'hello-as',
    title: 'Hello from AssemblyScript',
    language: 'AssemblyScript',
    about: 'The look of TypeScript. The name comes as an argument from the configuration.',
    source: 'hello.as.ts',
    checks: [{ link: 'Hello', path: '/hello-as', has: ['Hello Apache, from AssemblyScript.\n'] }],
  },
  {
    name: 'hello-wat',
    title: 'Hello by hand',
    language: 'WebAssembly',
    about: 'No compiler, no libc: one import, one call, 159 bytes.',
    source: 'hello.wat',
    checks: [{ link: 'Hello', path: '/hello-wat', has: ['Hello from WebAssembly, by hand\n'] }],
  },
];
