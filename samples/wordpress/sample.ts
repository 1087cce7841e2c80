// wordpress: what the start page says, and the requests that `--check` makes.

import { HTML, type Sample } from '../sample.js';

const YEAR = new Date().getUTCFullYear();

export const sample: Sample = {
  name: 'wordpress',
  title: 'WordPress',
  language: 'PHP 8.2, SQLite',
  about: 'An unchanged WordPress, with its database, in one directory. It can reach nothing else.',
  source: 'wp-config.php',
  checks: [
    { link: 'The site', path: '/wordpress/', headers: HTML, has: ['A site in a sandbox'] },
    { link: 'A post', path: `/wordpress/${YEAR}/hello-world/`, has: ['Welcome to WordPress'] },
    { path: '/wordpress/sample-page/', has: ['This is an example page'] },
    { link: 'Log in', path: '/wordpress/wp-login.php', has: ['name="log"'] },
    { path: '/wordpress/wp-admin/', status: 302 },
    { path: '/wordpress/wp-json/', headers: { 'content-type': 'application/json' } },
    { path: '/wordpress/wp-includes/css/buttons.min.css', headers: { 'content-type': 'text/css' } },
    { path: '/wordpress/no-such-page/', status: 404, has: ['A site in a sandbox'] },
    { path: '/wordpress/none.php', status: 404 },
  ],
};
