// wordpress on demand: downloaded once, and a site of its own for each demo.

import path from 'node:path';

import type { Extra } from '../extra.js';
import { writePost } from './browse.js';
import { downloadWordPress, hasWordPress, unpackWordPress, wordPressIn } from './fetch.js';
import { sample } from './sample.js';
import { installWordPress, stageWordPress, WORDPRESS_USER } from './site.js';

export const extra: Extra = {
  sample,
  usage: [
    'WordPress: downloaded once, 158 MB, and installed anew each time;',
    '--check writes a post, in Chromium',
  ],
  async get(root, step) {
    const cache = path.join(root, '.build-wordpress');
    if (!hasWordPress(cache)) {
      await step('download WordPress, 158 MB', () => downloadWordPress(cache));
      await step('unpack WordPress', () => unpackWordPress(cache));
    }
    return wordPressIn(cache);
  },
  stage: stageWordPress,
  async begin(origin, step) {
    const password = await step('install WordPress', () => installWordPress(origin));
    return {
      note: `WordPress: ${WORDPRESS_USER}, ${password}`,
      visit: () => writePost(origin, password),
    };
  },
};
