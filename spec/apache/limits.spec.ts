// WasmLimit: what it accepts is what the responder accepts, and what it does to a request.

import { expect } from 'chai';
import path from 'node:path';
import { type Httpd, configtest } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { LIMIT_ROWS, type LimitRow } from '../../lib/config/limitrows.js';
import { parseOption } from '../../lib/config/option.js';
import { SLEEP, assemble, command } from '../pool/guests.js';
import { ask, dumpOf, makeBed } from './bed.js';
import type { Bed } from './bed.js';
import { ECHO, print } from './guests.js';
import { wirings } from './wirings.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));
const GUESTS: Readonly<Record<string, string>> = {
  echo: ECHO,
  spin: command('(loop (br 0))'),
  sleep: SLEEP,
  flood: print(
    'Content-Type: text/plain\n\n',
    '(loop (call $write (i32.const 1) (i32.const 0) (i32.const 65536)) (br 0))',
  ),
};

/** One worker and nobody who waits; the timeout is that of what is loaded beforehand. */
const WORDS = ['--workers', '1', '--queue', '0', '--timeout', '500ms'];

/** [guest, line of its section, status of a request with a body of 7 bytes] */
const PLACES: Readonly<Record<string, readonly [string, string, number]>> = {
  usual: ['echo', '', 200],
  at: ['echo', 'WasmLimit request-body 7', 200],
  body: ['echo', 'WasmLimit request-body 6', 413],
  output: ['echo', 'WasmLimit output 30', 500],
  time: ['spin', 'WasmTimeout 300ms', 504],
  sleep: ['sleep', 'WasmLimit timeout 300ms', 504],
  slow: ['sleep', 'WasmLimit timeout 1500ms', 504],
  cpu: ['spin', 'WasmLimit cpu-time 200ms', 504],
  memory: ['echo', 'WasmLimit memory 64KiB', 500],
  flood: ['flood', 'WasmLimit output 8MiB', -1],
};

/** Values at, under and over what an option takes, and forms of numbers that are none. */
function valuesOf({ type, min = 0, max = Number.MAX_SAFE_INTEGER, step = 1 }: LimitRow): string[] {
  const unit = type === 'duration' ? 'ms' : '';
  const around = [min - 1, min, min + step, max - step, max, max + 1, min + step / 2];
  const forms = ['', '1x', 'x', '-1', '1.5', '0x10', '1e3', ' 1', '9'.repeat(40)];
  const words = ['unlimited', 'Unlimited', '3', '10s', '2m', '500ms', '1h', '64K', '64KiB'];
  const more = ['1 MiB', '1  MiB', '1MB', '1GiB', '5GiB', '99999999GiB', '61m', '100000min'];
  return [...around.map((value) => `${value}${unit}`), ...forms, ...words, ...more];
}

const isTaken = (row: LimitRow, value: string): boolean => 'value' in parseOption(row, value);

/** For each limit, those of its values that fit. */
function chosen(fits: (row: LimitRow, value: string) => boolean): [LimitRow, string[]][] {
  return LIMIT_ROWS.map((row) => [row, valuesOf(row).filter((value) => fits(row, value))]);
}

/** Of a request with so many headers of its own. */
async function statusWith(httpd: Httpd, count: number): Promise<number> {
  const names = Array.from({ length: count }, (_, index) => [`x-${index}`, 'v']);
  const question = { method: 'POST', body: 'ok', headers: Object.fromEntries(names) };
  return (await ask(httpd, '/w/at', question)).status;
}

for (const wiring of wirings) {
  describe(`apache: requests over a limit, by ${wiring.name}`, () => {
    let bed: Bed;
    let httpd: Httpd;
    const oneAtATime = wiring.name === 'fcgid';

    before(async () => {
      bed = await makeBed();
      for (const [name, wat] of Object.entries(GUESTS)) {
        await bed.write(`${name}.wasm`, Buffer.from(assemble(wat)));
      }
      httpd = await wiring.start({
        command: [...(await stageProgram(bed.dir, BUILT)), ...WORDS],
        so: bed.so,
        dir: bed.dir,
        config: (handler) => `
          LimitRequestFields 400
          <Location /w>
            ${handler}
            WasmLimit timeout 20
            WasmLimit written 3
          </Location>
          ${Object.entries(PLACES)
            .map(
              ([url, [guest, limit]]) =>
                `<Location /w/${url}>\nWasmModule ${bed.at(`${guest}.wasm`)}\nWasmEnableCGI On\n${limit}\n</Location>`,
            )
            .join('\n')}`,
      });
      if (wiring.name !== 'auto') return;
      // What httpd says beforehand is loaded by the one worker that the requests are to have.
      for (const name of Object.keys(GUESTS)) {
        await httpd.logged(new RegExp(`preload(ed|-failed) module=\\S+/${name}\\.wasm`));
      }
    });
    after(async () => {
      try {
        await httpd?.stop();
      } finally {
        await bed.clear();
      }
    });

    for (const [url, [, limit, expected]] of Object.entries(PLACES)) {
      if (url === 'flood') continue;
      it(`answers ${expected} ${limit === '' ? 'below all limits' : `over ${limit}`}`, async () => {
        const question = { method: 'POST', body: 'seven77' };
        const { status, text } = await ask(httpd, `/w/${url}`, question);
        expect(status).to.equal(expected);
        if (expected === 200) expect(text).to.equal('seven77');
        else expect(text).to.match(/number of the request|Request /);
      });
    }

    it('answers 413 to a body without a length that is over', async () => {
      const question = { method: 'POST', body: 'seven77' };
      const headers = { 'transfer-encoding': 'chunked' };
      expect((await ask(httpd, '/w/body', { ...question, headers })).status).to.equal(413);
      expect((await ask(httpd, '/w/at', { ...question, headers })).text).to.equal('seven77');
    });

    it('answers 413 to a body of 8 MB that is over, and serves on', async () => {
      const question = { method: 'POST', body: Buffer.alloc(8_000_000, 'x') };
      expect((await ask(httpd, '/w/body', question)).status).to.equal(413);
      expect((await ask(httpd, '/w/at', { method: 'POST', body: 'ok' })).text).to.equal('ok');
    });

    it('answers 431 to more headers than an environment has variables', async () => {
      expect(await statusWith(httpd, 200)).to.equal(200);
      expect(await statusWith(httpd, 257)).to.equal(431);
    });

    it('never lets a part of an answer pass for the whole', async () => {
      const answer = await ask(httpd, '/w/flood').then(
        ({ status }) => String(status),
        () => 'cut off',
      );
      expect(answer).to.equal('cut off');
    });

    if (!oneAtATime) {
      it('answers 503 with Retry-After when the queue is full', async () => {
        // One runs, and none may wait.
        const slow = Array.from({ length: 3 }, () => ask(httpd, '/w/slow'));
        const answers = await Promise.all(slow);
        const refused = answers.filter(({ status }) => status === 503);
        expect(refused).to.have.lengthOf(2);
        expect(refused.map(({ headers }) => headers['retry-after'])).to.deep.equal(['1', '1']);
        expect(answers.map(({ status }) => status)).to.include(504);
      });
    }
  });
}

describe('apache: WasmLimit', () => {
  let bed: Bed;
  before(async () => {
    bed = await makeBed();
  });
  after(() => bed.clear());

  const modules = (): string[] => ['proxy', 'proxy_fcgi', `wasm=${bed.so}`];

  describe('of every name', () => {
    const TAKEN = chosen((row, value) => isTaken(row, value) && value.trim() === value);
    let httpd: Httpd;
    before(async () => {
      const sections = TAKEN.flatMap(([{ name }, values]) =>
        values.map(
          (value, i) =>
            `<Location /${name}/${i}>\nWasmModule ${bed.at('a.wasm')}\nSetHandler wasm-handler\nWasmLimit ${name} "${value}"\n</Location>`,
        ),
      );
      httpd = await bed.start(sections.join('\n'));
    });
    after(() => httpd.stop());

    for (const [row, values] of TAKEN) {
      const { name, limit } = row;
      it(`takes for ${name} what the responder takes, and the responder reads the same`, async () => {
        const param = `WASM_LIMIT_${name.toUpperCase().replaceAll('-', '_')}`;
        for (const [i, value] of values.entries()) {
          const { params } = await dumpOf(httpd, `/${name}/${i}`);
          expect(parseOption(row, params[param] ?? ''), `${limit} ${value}`).to.deep.equal(
            parseOption(row, value),
          );
        }
      });
    }
  });

  // An .htaccess is read by the code that reads httpd.conf, and httpd goes on to the next.
  describe('of every name, in the .htaccess of a directory each', () => {
    const REFUSED = chosen((row, value) => !isTaken(row, value));
    let httpd: Httpd;
    before(async () => {
      for (const [{ name }, values] of REFUSED) {
        for (const [i, value] of values.entries()) {
          await bed.write(`docs/${name}/${i}/.htaccess`, `WasmLimit ${name} "${value}"\n`);
        }
      }
      httpd = await bed.start(`<Directory ${bed.at('docs')}>\nAllowOverride All\n</Directory>`);
    });
    after(() => httpd.stop());

    for (const [{ name }, values] of REFUSED) {
      it(`refuses for ${name} what the responder refuses, and says what is accepted`, async () => {
        for (const [i, value] of values.entries()) {
          const place = `/${name}/${i}/`;
          expect(await ask(httpd, place), `${name} ${value}`).to.include({ status: 500 });
          await httpd.logged(
            new RegExp(
              `${place}\\.htaccess: (?:line 1: )?WasmLimit (?:${name} [^]*?: must be |takes two arguments)`,
            ),
          );
        }
        const config = `WasmLimit ${name} "${values[0]}"`;
        const { ok, output } = await configtest({ modules: modules(), config });
        expect(ok, config).to.equal(false);
        expect(output).to.match(/line \d+ of .*\n?.*WasmLimit [\w-]+ .*: must be /);
      });
    }
  });

  it('names every limit there is when the name is none', async () => {
    const { output } = await configtest({ modules: modules(), config: 'WasmLimit memori 1M' });
    const names = LIMIT_ROWS.map(({ name }) => name).join(', ');
    expect(output).to.include(`WasmLimit memori 1M: the name must be one of ${names}`);
  });
});
