// A component of JavaScript as the demo offers it: made by jco componentize, and served by its own
// configuration over each way to the responder.

import { once } from 'node:events';
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type ClientRequest, request } from 'node:http';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { expect } from 'chai';

import type { Httpd } from '../../apache/httpd.js';
import { publicDirectory, stageProgram } from '../../apache/stage.js';
import { getComponent } from '../../samples/contrast/build.js';
import type { Step } from '../../samples/extra.js';
import { EXTRAS } from '../../samples/extras.js';
import { type Answer, type Bed, type Question, ask, makeBed } from '../apache/bed.js';
import { wirings } from '../apache/wirings.js';
import { runCommand } from '../program.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));
const CACHE = path.join(ROOT, '.build-jco');
const FOLDER = 'samples/contrast';
/** Of the installation of jco and of a build. */
const BUILD_MS = 600_000;
/** Of a pair in JSON, and of a line of a list. */
const LONGEST = 1_000;
/** Of a list that is sent until its answer begins, 20 MB. */
const MANY_LINES = 20_000;
const BLACK = '{"text":"#000","on":"#fff"}';
const BEST = {
  text: '#000000',
  on: '#ffffff',
  ratio: 21,
  AA: { normal: true, large: true },
  AAA: { normal: true, large: true },
};
const quietly: Step = (_name, work) => work();
const never: Step = (name) => expect.fail(`there was a step: ${name}`);

describe('a component that jco componentize makes', () => {
  before(async function () {
    this.timeout(BUILD_MS);
    await getComponent(ROOT, quietly);
  });

  describe('contrast.wasm', () => {
    it('is a handler of HTTP of the version that its world names', async () => {
      const component = await getComponent(ROOT, never);
      const said = runCommand(['inspect', component]).stdout;
      expect(said).to.match(/^Kind +a WASI 0\.2 component: a handler of HTTP/m);
      expect(said).to.match(/^Runs here +yes$/m);
      expect(said).to.match(/^Exports +wasi:http\/incoming-handler@0\.2\.10$/m);
      expect(said).to.match(/^Made by .*ComponentizeJS 0\.23\.0$/m);
      expect(runCommand(['check', component]).stdout).to.match(/: would run, and asks others/);
    });

    it('is made once for its source', async () => {
      expect(await getComponent(ROOT, never)).to.match(/\/contrast-[\da-f]{16}\.wasm$/);
    });

    describe('where it cannot be made', () => {
      let dir: string;
      beforeEach(async () => {
        dir = await publicDirectory('wasm-contrast-');
        cpSync(path.join(ROOT, FOLDER), path.join(dir, FOLDER), { recursive: true });
      });
      afterEach(() => rmSync(dir, { recursive: true, force: true }));

      async function fault(cache: string): Promise<[steps: string[], message: string]> {
        const steps: string[] = [];
        const step: Step = (name, work) => {
          steps.push(name);
          return work();
        };
        try {
          await getComponent(dir, step, cache);
        } catch (error) {
          return [steps, error instanceof Error ? error.message : String(error)];
        }
        return expect.fail('it was made');
      }

      it('says in one line that npm reaches no registry, and leaves nothing behind', async () => {
        const before = { ...process.env };
        // Port 1 is nobody's, and what npm has kept is not to be found.
        process.env['npm_config_registry'] = 'http://127.0.0.1:1';
        process.env['npm_config_cache'] = path.join(dir, 'npm');
        try {
          const [steps, message] = await fault(path.join(dir, 'cache'));
          expect(steps).to.deep.equal(['install jco, 130 MB']);
          expect(message).to.match(/^npm install failed: npm error .*ECONNREFUSED 127\.0\.0\.1:1$/);
          expect(readdirSync(path.join(dir, 'cache'))).to.deep.equal([]);
        } finally {
          process.env = before;
        }
      });

      for (const [what, source, expected] of [
        ['is no JavaScript', 'const x = ;', /^jco componentize failed: Error: failed to parse JS/],
        [
          'throws',
          'throw new Error("of mine")',
          /^jco componentize failed: .*:1:7 Error: of mine$/,
        ],
      ] as const) {
        it(`says in one line that the source ${what}, and leaves nothing behind`, async () => {
          writeFileSync(path.join(dir, FOLDER, 'contrast.js'), source);
          const before = readdirSync(CACHE);
          const [steps, message] = await fault(CACHE);
          expect(steps).to.deep.equal(['build contrast.wasm by jco componentize']);
          expect(message).to.match(expected);
          expect(readdirSync(CACHE)).to.deep.equal(before);
        });
      }
    });
  });

  for (const wiring of wirings) {
    describe(`contrast, by ${wiring.name}`, () => {
      let bed: Bed;
      let httpd: Httpd;
      const get = (query: string, question: Question = {}): Promise<Answer> =>
        ask(httpd, `/contrast${query}`, question);
      const post = (type: string, body: string): Promise<Answer> =>
        get('', { method: 'POST', headers: { 'content-type': type }, body });

      before(async () => {
        bed = await makeBed();
        const extra = EXTRAS.find(({ sample }) => sample.name === 'contrast');
        const conf = await readFile(path.join(ROOT, FOLDER, 'httpd.conf'), 'utf8');
        extra?.stage(await getComponent(ROOT, never), path.join(ROOT, FOLDER), bed.at('contrast'));
        httpd = await wiring.start({
          command: await stageProgram(bed.dir, BUILT),
          so: bed.so,
          dir: bed.dir,
          config: (handler) =>
            `Define CONTRAST "${bed.at('contrast')}"\n${conf.replace('SetHandler wasm-handler', handler)}`,
        });
      });
      after(async () => {
        await httpd?.stop();
        await bed?.clear();
      });

      it('answers a query with JSON', async () => {
        const { status, headers, text } = await get('?text=%23c00&on=FFF');
        expect(status).to.equal(200);
        expect(headers).to.include({ 'content-type': 'application/json', vary: 'accept' });
        expect(JSON.parse(text)).to.deep.equal({
          text: '#cc0000',
          on: '#ffffff',
          ratio: 5.88,
          AA: { normal: true, large: true },
          AAA: { normal: false, large: true },
        });
      });

      it('cuts a ratio that is not enough, and passes one that just is', async () => {
        const { ratio, AA } = JSON.parse((await get('?text=%23777777&on=%23fff')).text);
        expect([ratio, AA.normal]).to.deep.equal([4.47, false]);
        const next = JSON.parse((await get('?text=%23767676&on=%23fff')).text);
        expect([next.ratio, next.AA.normal]).to.deep.equal([4.54, true]);
      });

      it('answers HEAD as GET, without a body', async () => {
        const { status, headers, text } = await get('?text=000&on=fff', { method: 'HEAD' });
        expect([status, text]).to.deep.equal([200, '']);
        expect(headers).to.include({ 'content-type': 'application/json', vary: 'accept' });
        expect((await get('', { method: 'HEAD' })).status).to.equal(400);
      });

      it('answers a pair that is posted', async () => {
        const { status, text } = await post('Application/JSON; charset=utf-8', BLACK);
        expect(status).to.equal(200);
        expect(JSON.parse(text)).to.deep.equal(BEST);
      });

      it('names the methods that it has', async () => {
        for (const method of ['PUT', 'DELETE', 'OPTIONS']) {
          const { status, headers, text } = await get('', { method });
          expect([status, headers.allow]).to.deep.equal([405, 'GET, HEAD, POST']);
          expect(JSON.parse(text)).to.deep.equal({ error: `${method} is none of GET, HEAD, POST` });
        }
      });

      const faults: readonly (readonly [url: string, error: string])[] = [
        ['', 'text is missing: a colour as #c00 or #cc0000'],
        ['?text=000', 'on is missing: a colour as #c00 or #cc0000'],
        ['?text=000&on=12345', 'on is "12345", not a colour as #c00 or #cc0000'],
        ['?text=%ff%00&on=000', 'text is "\ufffd\\u0000", not a colour as #c00 or #cc0000'],
      ];
      for (const [query, error] of faults) {
        it(`names the fault of a query: ${query}`, async () => {
          const { status, headers, text } = await get(query);
          expect([status, headers['content-type']]).to.deep.equal([400, 'application/json']);
          expect(JSON.parse(Buffer.from(text, 'latin1').toString())).to.deep.equal({ error });
        });
      }

      const bodies: readonly (readonly [body: string, error: RegExp])[] = [
        ['', /^this is no JSON: /],
        ['{"text":', /^this is no JSON: .* line 1 column 9 /],
        ['null', /^this is no JSON object$/],
        ['{"text":["#000"],"on":"#fff"}', /^text is \["#000"\], not a colour/],
      ];
      for (const [body, error] of bodies) {
        it(`names the fault of a body: ${body}`, async () => {
          const { status, text } = await post('application/json', body);
          expect(status).to.equal(400);
          expect(JSON.parse(text).error).to.match(error);
        });
      }

      it('takes a pair of 1,000 characters, and none that is longer', async () => {
        const statuses = [LONGEST - 1, LONGEST, LONGEST + 1, 100 * LONGEST].map(async (length) => {
          return (await post('application/json', BLACK.padEnd(length))).status;
        });
        expect(await Promise.all(statuses)).to.deep.equal([200, 200, 413, 413]);
        const lines = [LONGEST - 1, LONGEST, LONGEST + 1, 100 * LONGEST].map((length) =>
          BLACK.padEnd(length),
        );
        const { text } = await post('application/x-ndjson', lines.join('\n'));
        const wrong = { error: 'the line has over 1000 characters' };
        expect(
          text
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line)),
        ).to.deep.equal([BEST, BEST, wrong, wrong]);
      });

      it('takes no other type', async () => {
        const { status, headers } = await post('text/plain', BLACK);
        expect(status).to.equal(415);
        expect(headers['accept-post']).to.equal('application/json, application/x-ndjson');
      });

      it('answers each line of a list', async () => {
        const list = [BLACK, '', 'x', BLACK].join('\r\n');
        const { status, headers, text } = await post('application/x-ndjson', list);
        expect([status, headers['content-type']]).to.deep.equal([200, 'application/x-ndjson']);
        const [first, fault, last] = text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line));
        expect([first, last]).to.deep.equal([BEST, BEST]);
        expect(fault.error).to.match(/^this is no JSON: /);
      });

      it('answers a list of many lines', async () => {
        const { text } = await post('application/x-ndjson', `${BLACK}\n`.repeat(3_000));
        expect(text).to.equal(`${JSON.stringify(BEST)}\n`.repeat(3_000));
      });

      it('begins to answer a list that is still being sent', async function () {
        // It holds back what is answered until the body is there.
        if (wiring.name === 'fcgid') return;
        const options = { port: httpd.port, host: '127.0.0.1', path: '/contrast', method: 'POST' };
        const headers = { host: 'localhost', 'content-type': 'application/x-ndjson' };
        const asking: ClientRequest = request({ ...options, headers });
        const pieces: string[] = [];
        const whole = (async (): Promise<void> => {
          const [response] = await once(asking, 'response');
          for await (const piece of response) pieces.push(String(piece));
        })();
        let sent = 0;
        // httpd hands on what it has been sent while more comes, and the first of it waits for more.
        for (; pieces.length === 0 && sent < MANY_LINES; sent += 50) {
          asking.write(`${BLACK.padEnd(LONGEST)}\n`.repeat(50));
          await delay(10);
        }
        expect(sent).to.be.below(MANY_LINES);
        asking.end();
        await whole;
        expect(pieces.join('')).to.equal(`${JSON.stringify(BEST)}\n`.repeat(sent));
      });

      it('shows people a page, and remembers each colour in a cookie', async () => {
        const page = { headers: { accept: 'text/html,*/*;q=0.8' } };
        const { status, headers, text } = await get('?text=%23C00&on=%23fff', page);
        expect([status, headers['content-type']]).to.deep.equal([200, 'text/html']);
        expect(text).to.include('<h2>5.88 : 1</h2>').and.include('value="#cc0000"');
        expect(headers['set-cookie']).to.deep.equal([
          'text=cc0000; Path=/contrast; HttpOnly; SameSite=Lax',
          'on=ffffff; Path=/contrast; HttpOnly; SameSite=Lax',
        ]);
        const cookie = headers['set-cookie']?.map((line) => line.split(';')[0]).join('; ') ?? '';
        const next = await get('', { headers: { ...page.headers, cookie } });
        expect(next.text).to.include('<h2>5.88 : 1</h2>').and.include('value="#cc0000"');
        expect(next.headers.vary).to.match(/^accept, ?cookie$/);
      });

      it('shows people what is wrong, and nothing of it is markup', async () => {
        const page = { headers: { accept: 'text/html' } };
        const { status, headers, text } = await get('?text=%3Cscript%3E&on=000', page);
        expect(status).to.equal(400);
        expect(headers).to.not.have.property('set-cookie');
        expect(text).to.include('text is &quot;&lt;script&gt;&quot;').and.not.include('<script');
      });

      it('keeps nothing from one request to the next', async () => {
        const page = { headers: { accept: 'text/html' } };
        await get('?text=123456&on=fff', page);
        expect((await get('', page)).text).to.not.include('123456');
      });
    });
  }
});
