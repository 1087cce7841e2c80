// rack: what the start page says, and the requests that `--check` makes.

import { HTML, type Sample } from '../sample.js';

export const sample: Sample = {
  name: 'rack',
  title: 'A Rack application',
  language: 'Ruby 3.2, Rack',
  about: 'A shelf of books to search. Middleware gives it ETags, and twenty lines join it to CGI.',
  source: 'app/shelf.rb',
  checks: [
    {
      link: 'The shelf',
      path: '/rack/',
      headers: { ...HTML, etag: 'W/"' },
      has: ['Don Quixote', '</table>'],
    },
    { path: '/rack/?q=AUSTEN', has: ['Pride and Prejudice'], lacks: ['Moby-Dick'] },
    {
      link: 'JSON',
      path: '/rack/books.json?q=the',
      headers: { 'content-type': 'application/json' },
      has: ['"year":1895'],
    },
    { path: '/rack/none', status: 404, has: ['There is no /none here.'] },
  ],
};
