// WasmLimit: what it accepts is what the responder accepts, and what it does to a request.

import { expect } from 'chai';
import { configtest } from '../../apache/httpd.js';
import { LIMIT_ROWS, type LimitRow } from '../../lib/config/limitrows.js';
import { parseOption } from '../../lib/config/option.js';
import { dumpOf, makeBed } from './bed.js';
import type { Bed } from './bed.js';

/** Values at, under and over what an option takes, and forms of numbers that are none. */
function valuesOf({ type, min = 0, max = Number.MAX_SAFE_INTEGER, step = 1 }: LimitRow): string[] {
  const unit = type === 'duration' ? 'ms' : '';
  const around = [min - 1, min, min + step, max - step, max, max + 1, min + step / 2];
  const forms = ['', '1x', 'x', '-1', '1.5', '0x10', '1e3', ' 1', '9'.repeat(40)];
  const words = ['unlimited', 'Unlimited', '3', '10s', '2m', '500ms', '1h', '64K', '64KiB'];
  const more = ['1 MiB', '1  MiB', '1MB', '1GiB', '5GiB', '99999999GiB', '61m', '100000min'];
  return [...around.map((value) => `${value}${unit}`), ...forms, ...words, ...more];
}

describe('apache: WasmLimit', () => {
  let bed: Bed;
  before(async () => {
    bed = await makeBed();
  });
  after(() => bed.clear());

  const modules = (): string[] => ['proxy', 'proxy_fcgi', `wasm=${bed.so}`];

  for (const row of LIMIT_ROWS) {
    const { name, limit } = row;
    const values = valuesOf(row);
    const isTaken = (value: string): boolean => 'value' in parseOption(row, value);

    it(`takes for ${name} what the responder takes, and the responder reads the same`, async () => {
      const taken = values.filter((value) => isTaken(value) && value.trim() === value);
      const sections = taken.map(
        (value, i) =>
          `<Location /w${i}>\nWasmModule ${bed.at('a.wasm')}\nSetHandler wasm-handler\nWasmLimit ${name} "${value}"\n</Location>`,
      );
      const httpd = await bed.start(sections.join('\n'));
      const param = `WASM_LIMIT_${name.toUpperCase().replaceAll('-', '_')}`;
      for (const [i, value] of taken.entries()) {
        const { params } = await dumpOf(httpd, `/w${i}`);
        expect(parseOption(row, params[param] ?? ''), `${limit} ${value}`).to.deep.equal(
          parseOption(row, value),
        );
      }
      await httpd.stop();
    });

    it(`refuses for ${name} what the responder refuses, and says what is accepted`, async () => {
      for (const value of values.filter((one) => !isTaken(one))) {
        const config = `WasmLimit ${name} "${value}"`;
        const { ok, output } = await configtest({ modules: modules(), config });
        expect(ok, config).to.equal(false);
        expect(output).to.match(
          /line \d+ of .*\n?.*WasmLimit [\w-]+ .*: must be |takes two arguments/,
        );
      }
    });
  }

  it('names every limit there is when the name is none', async () => {
    const { output } = await configtest({ modules: modules(), config: 'WasmLimit memori 1M' });
    const names = LIMIT_ROWS.map(({ name }) => name).join(', ');
    expect(output).to.include(`WasmLimit memori 1M: the name must be one of ${names}`);
  });
});
