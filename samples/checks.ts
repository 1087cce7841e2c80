// The samples in the order of the start page, and the start page itself.

import { sample as askOthers } from './ask-others/sample.js';
import { sample as breakOut } from './break-out/sample.js';
import { sample as dropIn } from './drop-in/sample.js';
import { sample as environment } from './environment/sample.js';
import { sample as guestbook } from './guestbook/sample.js';
import { sample as helloAs } from './hello-as/sample.js';
import { sample as helloC } from './hello-c/sample.js';
import { sample as helloCommand } from './hello-command/sample.js';
import { sample as helloComponent } from './hello-component/sample.js';
import { sample as helloCpp } from './hello-cpp/sample.js';
import { sample as helloRust } from './hello-rust/sample.js';
import { sample as helloWat } from './hello-wat/sample.js';
import { sample as helloZig } from './hello-zig/sample.js';
import { sample as limits } from './limits/sample.js';
import { sample as listDir } from './list-dir/sample.js';
import { sample as perl } from './perl/sample.js';
import { sample as phpHello } from './php-hello/sample.js';
import { sample as php } from './php/sample.js';
import { sample as prettyfy } from './prettyfy/sample.js';
import { sample as python } from './python/sample.js';
import { sample as quickjs } from './quickjs/sample.js';
import { sample as rack } from './rack/sample.js';
import { sample as requestViewer } from './request-viewer/sample.js';
import { sample as ruby } from './ruby/sample.js';
import { HTML, PLAIN, type Sample } from './sample.js';
import { sample as speech } from './speech/sample.js';
import { sample as ticker } from './ticker/sample.js';
import { sample as uploadEcho } from './upload-echo/sample.js';
import { sample as wordCount } from './word-count/sample.js';
import { sample as wsgi } from './wsgi/sample.js';

/** Served by Apache itself; it links to all of the samples. */
export const START_PAGE: Sample = {
  name: 'start-page',
  title: 'Start page',
  language: 'HTML',
  about: 'The list of the samples.',
  source: 'index.html',
  checks: [
    { path: '/', headers: HTML, has: ['href="/php/"', 'id="hello-wat"', 'href="/about/php.html"'] },
    { path: '/about/php.html', headers: HTML, has: ['WasmMapDirReadOnly', 'curl -i', '&lt;?php'] },
    { path: '/style.css', headers: { 'content-type': 'text/css' } },
    { path: '/source/php/htdocs/index.php', headers: PLAIN, has: ['<?php'] },
    { path: '/none', status: 404 },
  ],
};

/** In the order of the start page. */
export const SAMPLES: readonly Sample[] = [
  breakOut,
  php,
  guestbook,
  phpHello,
  python,
  environment,
  prettyfy,
  wsgi,
  ruby,
  rack,
  perl,
  quickjs,
  requestViewer,
  listDir,
  wordCount,
  uploadEcho,
  limits,
  speech,
  ticker,
  dropIn,
  helloC,
  helloComponent,
  helloCommand,
  askOthers,
  helloCpp,
  helloRust,
  helloZig,
  helloAs,
  helloWat,
];
