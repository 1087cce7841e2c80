// Every property, for the specs and for `npm run fuzz`.

import { components } from './components.js';
import { head } from './head.js';
import { ini } from './ini.js';
import { modules } from './modules.js';
import type { Property } from './property.js';
import { records } from './records.js';
import { signatures } from './signatures.js';
import { walk } from './walk.js';

export const PROPERTIES: ReadonlyMap<string, readonly Property[]> = new Map([
  ['FastCGI', records],
  ['the CGI head', head],
  ['the ini file', ini],
  ['signatures', signatures],
  ['modules', modules],
  ['components', components],
  ['the walk', walk],
]);
