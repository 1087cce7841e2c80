// ruby: what the start page says, and the requests that `--check` makes.

import { HTML, type Sample } from '../sample.js';

export const sample: Sample = {
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
};
