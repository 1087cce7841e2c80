// WordPress as the README offers it: downloaded, installed, visited, and written in by a browser.

import { expect } from 'chai';
import { execFile } from 'node:child_process';
import path from 'node:path';

import { freePort } from '../../apache/httpd.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const DEMO = ['bin/demo.mjs', '--with', 'wordpress', '--check', '--port'];
/** The last lines of its table, which a browser writes. */
const WRITTEN = ['log in', 'write a post with a picture', 'publish it', 'see it under its address'];

describe('the demo with WordPress', () => {
  it('serves it, and an author writes a post with a picture', async function () {
    this.timeout(600_000);
    const said = await run([...DEMO, `${await freePort()}`]);
    expect(said).to.match(/^\d+ requests, 0 wrong$/m);
    for (const what of ['GET /wordpress/wp-json/', ...WRITTEN]) {
      expect(said).to.match(new RegExp(`^${what} .* right$`, 'm'));
    }
  });
});

/** @returns what a program of Node.js said, wherever, and however it ended */
function run(words: string[]): Promise<string> {
  const env = { ...process.env, NODE_V8_COVERAGE: undefined };
  return new Promise((resolve) => {
    execFile(process.execPath, words, { cwd: ROOT, env }, (_error, stdout, stderr) =>
      resolve(`${stdout}\n${stderr}`),
    );
  });
}
