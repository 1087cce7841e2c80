#!/usr/bin/env node
// `npm run bench`: makes ready what is missing, then measures rivals and us in one run (bench/bench.ts).

import { APACHE, runMain, setup } from './setup.mjs';

/** Without these there is no run. */
const NEEDED = [
  ...APACHE,
  { package: 'wrk', file: '/usr/bin/wrk' },
  { package: 'curl', file: '/usr/bin/curl' },
];
/** Each for a rival, which is left out when it is not there. */
const WANTED = [
  { package: 'libfcgi-dev', file: '/usr/include/fcgiapp.h' },
  { package: 'php-cgi', file: '/usr/bin/php-cgi' },
  { package: 'php-fpm', file: '/etc/php/8.2/fpm' },
  { package: 'python3', file: '/usr/bin/python3' },
  { package: 'ruby', file: '/usr/bin/ruby' },
  { package: 'sqlite3', file: '/usr/bin/sqlite3' },
];

await runMain(async () => {
  const words = process.argv.slice(2);
  await setup({ packages: NEEDED, optional: words.includes('--help') ? [] : WANTED });
  const { bench } = await import('../dist/bench/bench.js');
  return bench(words);
});
