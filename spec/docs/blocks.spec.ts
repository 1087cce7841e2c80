// Every fenced block of the pages is run by something; this is what holds it to that, and what runs
// those that need no machine of their own. The others are typed in pages.spec.ts.

import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { loadConfig } from '../../lib/config/config.js';
import { loadPools } from '../../lib/config/pools.js';
import { makeBed } from '../apache/bed.js';
import type { Bed } from '../apache/bed.js';
import { fitted, tested } from '../apache/fitted.js';
import { blocksOf, faultOf, pages, parseBlocks } from './blocks.js';
import type { Block } from './blocks.js';
import { matches, parseConsole } from './console.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BLOCKS = pages().flatMap((page) => blocksOf(page));
const at = ({ page, line }: Block): string => `${page}:${line}`;

/** All that is not run, by page. A new one has to be entered here, with its reason in the page. */
const NOT_RUN: readonly (readonly [page: string, reason: string])[] = [
  ['bench/README.md', 'it measures for half an hour'],
];

describe('the blocks of the pages', () => {
  it('are all of a kind that is run', () => {
    const faults = BLOCKS.map((block) => `${at(block)}: ${faultOf(block) ?? ''}`);
    expect(faults.filter((fault) => !fault.endsWith(': '))).to.deep.equal([]);
    expect(BLOCKS.length).to.be.greaterThan(50);
  });

  it('say it when they are not run, and why', () => {
    const listed = BLOCKS.flatMap(({ page, doneElsewhere: reason = '' }) =>
      reason.startsWith('Not run by the suite: ') ? [[page, reason.slice(22)]] : [],
    );
    expect(listed).to.deep.equal(NOT_RUN);
  });

  it('name the spec that runs them, when it is not that of the pages', () => {
    for (const block of BLOCKS) {
      const [, spec] = /^Run by (\S+\.ts)\b/.exec(block.doneElsewhere ?? '') ?? [];
      if (spec === undefined) continue;
      expect(existsSync(path.join(ROOT, spec)), `${at(block)}: ${spec}`).to.equal(true);
    }
  });
});

describe('the configuration in the pages', () => {
  let bed: Bed;
  before(async () => {
    bed = await makeBed();
  });
  after(() => bed.clear());

  for (const block of BLOCKS) {
    if (block.language === 'apache') {
      it(`passes configtest: ${at(block)}`, async () => {
        const isLocal = block.file?.endsWith('.htaccess') === true;
        const open = `<Directory "${path.dirname(block.file ?? '/')}">\n`;
        const text = isLocal ? `${open}${block.text}</Directory>` : block.text;
        expect(await tested(text, bed)).to.match(/^Syntax OK\n$/m);
      });
    }
    if (block.language === 'ini' && !block.text.includes('[Service]')) {
      it(`is read: ${at(block)}`, async () => {
        const text = (await fitted(block.text, bed)).replaceAll(/^user = .*/gm, 'user = nobody');
        const file = await bed.write('page.ini', text, 0o600);
        const flags = /^listen\b/m.test(text) ? {} : { listen: ['127.0.0.1:9000'] };
        const sources = { file, flags, root: /^\[pool /m.test(text) };
        const config = sources.root ? loadPools(sources) : loadConfig(sources);
        expect(config.file).to.equal(file);
      });
    }
  }
});

describe('the commands that pages name within a sentence', () => {
  const scripts: { scripts: Record<string, string> } = JSON.parse(
    readFileSync(path.join(ROOT, 'package.json'), 'utf8'),
  );
  const commands = readFileSync(path.join(ROOT, 'bin/wasm-fcgi.ts'), 'utf8');

  it('exist', () => {
    for (const page of pages()) {
      const text = readFileSync(path.join(ROOT, page), 'utf8');
      for (const [, name = ''] of text.matchAll(/`npm run ([\w-]+)/g))
        expect(scripts.scripts, page).to.have.property(name);
      for (const [, name = ''] of text.matchAll(/`wasm-fcgi ([a-z]+)/g))
        expect(commands, `${page}: ${name}`).to.match(new RegExp(`'${name}'|\\b${name}Command`));
    }
  });
});

describe('a reader of pages', () => {
  it('knows where a block is, what it holds, and which file it is', () => {
    const [block] = parseBlocks(
      'a.md',
      'Text\n\n- list\n\n  ```ini\n  ; /etc/x.ini\n  a = 1\n  ```\n',
    );
    expect(block).to.deep.equal({
      page: 'a.md',
      line: 5,
      language: 'ini',
      text: '; /etc/x.ini\na = 1\n',
      file: '/etc/x.ini',
    });
  });

  it('takes a reason from the paragraph before alone', () => {
    const reason = '_Not run by the suite: there is\nno Fedora here._\n\n';
    const [one, two] = parseBlocks('a.md', `${reason}\`\`\`sh\nx\n\`\`\`\n\n\`\`\`sh\ny\n\`\`\`\n`);
    expect(one?.doneElsewhere).to.equal('Not run by the suite: there is no Fedora here.');
    expect(two).to.not.have.property('doneElsewhere');
  });

  for (const [text, fault] of [
    ['```\nx\n```\n', 'a fence without a language'],
    ['```text\ncurl x\n```\n', 'commands in a text block; let it be sh or console'],
    ['```console\nx\n```\n', 'console without a $ line'],
    ['```php\n<?php x();\n```\n', 'a block of php that names no file in its first line'],
    ['```php\n<?php // /srv/x.php\n```\n', undefined],
    ['```sh\nx\n```\n', undefined],
  ] as const) {
    it(`finds ${fault ?? 'no fault'} in ${JSON.stringify(text)}`, () => {
      const [block] = parseBlocks('a.md', text);
      expect(block && faultOf(block)).to.equal(fault);
    });
  }

  it('tells commands from what they print', () => {
    expect(parseConsole('$ a \\\n  b\nx\ny\n$ c\n')).to.deep.equal([
      { command: 'a \\\n  b', output: ['x', 'y'] },
      { command: 'c', output: [] },
    ]);
  });

  const table: readonly [string[], string, boolean][] = [
    [['a'], 'a\n', true],
    [['a'], 'b\n', false],
    [['a'], 'a\nb\n', false],
    [[], '', true],
    [[], 'a\n', false],
    [['a…c.'], 'abc.\n', true],
    [['a…c.'], 'abcd\n', false],
    [['a', '…', 'c'], 'a\nb\nb\nc\n', true],
    [['a', '…', 'c'], 'a\nc', true],
    [['…'], '', true],
  ];
  for (const [expected, output, does] of table) {
    it(`finds that ${JSON.stringify(output)} ${does ? 'is' : 'is not'} ${JSON.stringify(expected)}`, () => {
      expect(matches(expected, output)).to.equal(does);
    });
  }
});
