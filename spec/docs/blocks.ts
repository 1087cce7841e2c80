// The pages that people read, and the fenced blocks in them: what each is, and what is done with it.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '../../..');

/** What a fence may say it holds, besides the languages of files that the block names. */
const LANGUAGES = new Set(['apache', 'ini', 'sh', 'console', 'text']);
/** `# /etc/nginx/conf.d/wasm.conf`, in the comments of any language. */
const FILE = /^(?:<\?php )?(?:#|;+|\/\/|\/\*|<!--) (\/\S+)(?: \*\/| -->)?$/;
/** The paragraph before a block that is not run from the page. */
const ELSEWHERE = /^_((?:Not run by the suite:|Run by) [^]+?):?_$/;

/** One fenced block. */
export interface Block {
  /** `docs/quick-start.md` */
  readonly page: string;
  /** Of its fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** The path in its first line, when that is a comment with one: the block is that file. */
  readonly file?: string;
  /** `Not run by the suite: why`, or `Run by spec/…`: what the paragraph before it says. */
  readonly doneElsewhere?: string;
}

/** All pages, by their paths in the repository, in the order in which they are read. */
export function pages(): string[] {
  const below = readdirSync(path.join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
  const docs = below.filter((name) => name.endsWith('.md')).toSorted();
  const readmes = ['apache', 'lib/config', 'lib', 'bench'].map((place) => `${place}/README.md`);
  return ['README.md', ...docs.map((name) => `docs/${name}`), ...readmes, 'SECURITY.md'];
}

/** @param page its path in the repository */
export function blocksOf(page: string): Block[] {
  return parseBlocks(page, readFileSync(path.join(ROOT, page), 'utf8'));
}

/** The blocks of a text. Those in lists lose their indentation. */
export function parseBlocks(page: string, text: string): Block[] {
  const blocks: Block[] = [];
  const fences = /^( *)```(\S*)\n([^]*?)^ *```$/gm;
  for (const match of text.matchAll(fences)) {
    const [, indent = '', language = '', body = ''] = match;
    const lines = body.split('\n').map((line) => line.slice(indent.length));
    const before = text.slice(0, match.index).trimEnd().split('\n\n').at(-1) ?? '';
    const file = FILE.exec(lines[0] ?? '')?.[1];
    const elsewhere = ELSEWHERE.exec(before)?.[1]?.replaceAll(/\s+/g, ' ');
    blocks.push({
      page,
      line: text.slice(0, match.index).split('\n').length,
      language,
      text: lines.join('\n'),
      ...(file === undefined ? {} : { file }),
      ...(elsewhere === undefined ? {} : { doneElsewhere: elsewhere }),
    });
  }
  return blocks;
}

/** What is wrong with a block of which nothing is known but how it looks; undefined when it is run. */
export function faultOf(block: Block): string | undefined {
  const { language, text, file } = block;
  if (language === '') return 'a fence without a language';
  if (language === 'text' && /^(?:\$|apt|npm|sudo|curl|wasm-fcgi)\b/m.test(text))
    return 'commands in a text block; let it be sh or console';
  if (language === 'console' && !text.startsWith('$ ')) return 'console without a $ line';
  if (!LANGUAGES.has(language) && file === undefined)
    return `a block of ${language} that names no file in its first line`;
  return undefined;
}

/** Has the page anything that is run on a machine? */
export function needsMachine(blocks: readonly Block[]): boolean {
  return blocks.some(
    ({ language, doneElsewhere }) =>
      doneElsewhere === undefined && /^(?:sh|console)$/.test(language),
  );
}
