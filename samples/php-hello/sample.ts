// php-hello: what the start page says, and the requests that `--check` makes.

import { HTML, type Sample } from '../sample.js';

export const sample: Sample = {
  name: 'php-hello',
  title: 'Hello from PHP',
  language: 'PHP 8.2',
  about: 'phpinfo(), and how little it can tell here.',
  source: 'htdocs/index.php',
  checks: [
    {
      link: 'Hello',
      path: '/php-hello/',
      headers: HTML,
      has: ['PHP Version 8.2', 'CGI/FastCGI', 'pdo_sqlite', '/htdocs/index.php'],
      lacks: ['DOCUMENT_ROOT'],
    },
  ],
};
