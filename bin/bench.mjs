#!/usr/bin/env node
// `npm run bench`: makes ready what is missing, then measures rivals and us in one run (bench/bench.ts).

import { APACHE, FLASK, LIBRARIES, runMain, setup } from './setup.mjs';

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
  { package: 'php-sqlite3', file: '/etc/php/8.2/mods-available/pdo_sqlite.ini' },
  { package: 'python3', file: '/usr/bin/python3' },
  { package: 'gunicorn', file: '/usr/bin/gunicorn' },
  { package: 'ruby', file: '/usr/bin/ruby' },
  { package: 'perl', file: '/usr/bin/perl' },
  { package: 'sqlite3', file: '/usr/bin/sqlite3' },
];

await runMain(async () => {
  const words = process.argv.slice(2);
  const asksOnly = words.includes('--help');
  await setup({
    packages: NEEDED,
    optional: asksOnly ? [] : WANTED,
    libraries: asksOnly ? LIBRARIES : [...LIBRARIES, ...FLASK],
  });
  const { bench } = await import('../dist/bench/bench.js');
  return bench(words);
});
