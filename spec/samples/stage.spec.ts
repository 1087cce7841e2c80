// What the demo lays out: readable by httpd's user, with every path that a configuration names.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { publicDirectory } from '../../apache/stage.js';
import { SAMPLES } from '../../samples/checks.js';
import { EXTRAS } from '../../samples/extras.js';
import { openToAll, stageDemo } from '../../samples/stage.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** One that does not look at what was got. */
const ASKED = EXTRAS.filter(({ sample }) => sample.name === 'contrast');

describe('the demo’s layout', () => {
  let dir: string;
  let got: string;
  let configuration: string;

  before(async () => {
    dir = await publicDirectory('wasm-stage-');
    got = join(await publicDirectory('wasm-got-'), 'any.wasm');
    writeFileSync(got, 'any bytes', { mode: 0o600 });
    configuration = stageDemo(ROOT, dir, undefined, new Map(ASKED.map((extra) => [extra, got])));
  });
  after(() => {
    for (const path of [dir, dirname(got)]) rmSync(path, { recursive: true, force: true });
  });

  it('has every file and directory that a configuration names', () => {
    const defines = new Map<string, string>();
    for (const [, name = '', path = ''] of configuration.matchAll(/^Define (\w+) "(.*)"$/gm)) {
      defines.set(name, path);
    }
    const texts = [...SAMPLES, ...ASKED.map(({ sample }) => sample)].map(({ name }) =>
      readFileSync(`${dir}/samples/${name}/httpd.conf`, 'utf8'),
    );
    const paths = texts.join('').matchAll(/"\$\{(\w+)\}(\/[^"]*)"/g);
    const named = [...paths].map(([, define = '', rest]) => `${defines.get(define)}${rest}`);
    expect(named).to.have.length.above(SAMPLES.length);
    for (const path of named) expect(existsSync(path), path).to.equal(true);
  });

  it('has what was asked for, on the start page too, and nothing that was not', () => {
    expect(configuration)
      .to.match(/^Define CONTRAST /m)
      .and.not.match(/WORDPRESS/);
    const page = readFileSync(join(dir, 'site/index.html'), 'utf8');
    expect(page).to.include('id="contrast"').and.not.include('id="wordpress"');
  });

  it('includes the configuration of every sample as it is', () => {
    expect(configuration).to.include(`Include "${dir}/samples/*/httpd.conf"`);
  });

  it('can be read by everybody and written by its owner alone', () => {
    for (const path of allBelow(dir)) {
      const { mode } = statSync(path);
      expect(mode & 0o044, path).to.equal(0o044);
      expect(mode & 0o022, path).to.equal(0);
    }
  });

  it('opens files that a strict umask has closed', () => {
    const closed = join(dir, 'closed');
    mkdirSync(join(closed, 'below'), { recursive: true, mode: 0o700 });
    openToAll(closed);
    expect(statSync(join(closed, 'below')).mode & 0o777).to.equal(0o755);
  });
});

function allBelow(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return [path, ...readdirSync(path).flatMap((name) => allBelow(join(path, name)))];
}
