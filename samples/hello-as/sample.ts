// hello-as: what the start page says, and the requests that `--check` makes.

import type { Sample } from '../sample.js';

export const sample: Sample = {
  name: 'hello-as',
  title: 'Hello from AssemblyScript',
  language: 'AssemblyScript',
  about: 'The look of TypeScript. The name comes as an argument from the configuration.',
  source: 'hello.as.ts',
  checks: [{ link: 'Hello', path: '/hello-as', has: ['Hello Apache, from AssemblyScript.\n'] }],
};
