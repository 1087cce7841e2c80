// hello-rust: what the start page says, and the requests that `--check` makes.

import { PLAIN, type Sample } from '../sample.js';

export const sample: Sample = {
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
};
