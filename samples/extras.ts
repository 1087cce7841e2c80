// The samples that the demo has on demand, in the order of the start page.

import { extra as contrast } from './contrast/extra.js';
import type { Extra } from './extra.js';
import { extra as wordpress } from './wordpress/extra.js';

export const EXTRAS: readonly Extra[] = [wordpress, contrast];
