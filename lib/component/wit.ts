// The host's own interfaces, written as in WIT and one item a line, as types to compare a guest's with.
//
//     use wasi:io/error error
//     resource input-stream
//     variant stream-error last-operation-failed(error) closed
//     record datetime seconds:u64 nanoseconds:u32
//     func [method]input-stream.read self:borrow<input-stream> len:u64 -> result<list<u8>,stream-error>

import type { PrimitiveType } from './definition.js';
import { optionOf, resultOf } from './typedefs.js';
import {
  type FuncType,
  type ResourceType,
  type ValueType,
  flags,
  handle,
  list,
  primitive,
  record,
  variant,
} from './types.js';

export interface Interface {
  readonly name: string;
  readonly functions: ReadonlyMap<string, FuncType>;
  readonly resources: ReadonlyMap<string, ResourceType>;
}

type Known = Map<string, ValueType | ResourceType>;

const PRIMITIVES: ReadonlySet<string> = new Set<PrimitiveType>([
  'bool',
  's8',
  'u8',
  's16',
  'u16',
  's32',
  'u32',
  's64',
  'u64',
  'f32',
  'f64',
  'char',
  'string',
]);

/** All interfaces of one host; those that others `use` come first. */
export class Interfaces {
  readonly #known = new Map<string, Known>();

  /**
   * Reads one.
   * @param drop called when a guest drops a resource of it
   */
  define(name: string, text: string, drop: (resource: string, rep: unknown) => void): Interface {
    const known: Known = new Map();
    const functions = new Map<string, FuncType>();
    const resources = new Map<string, ResourceType>();
    this.#known.set(name, known);
    for (const line of text.split('\n').map((one) => one.trim())) {
      if (line === '') continue;
      const [keyword = '', subject = '', ...words] = line.split(' ');
      if (keyword === 'use') {
        for (const word of words) known.set(word, this.#used(subject, word));
      } else if (keyword === 'resource') {
        const resource: ResourceType = {
          name: `${name}/${subject}`,
          owner: undefined,
          drop: (rep) => drop(subject, rep),
        };
        resources.set(subject, resource);
        known.set(subject, resource);
      } else if (keyword === 'func') {
        functions.set(subject, readFunc(words, known));
      } else known.set(subject, readDefinition(keyword, words, known));
    }
    return { name, functions, resources };
  }

  #used(name: string, word: string): ValueType | ResourceType {
    const found = this.#known.get(name)?.get(word);
    if (found === undefined) throw new Error(`${name} has no ${word}`);
    return found;
  }
}

function readFunc(words: readonly string[], known: Known): FuncType {
  const arrow = words.indexOf('->');
  const params = (arrow === -1 ? words : words.slice(0, arrow)).map((word) =>
    readField(word, known),
  );
  return { params, result: arrow === -1 ? undefined : readType(words[arrow + 1] ?? '', known) };
}

function readField(word: string, known: Known): readonly [string, ValueType] {
  const colon = word.indexOf(':');
  return [word.slice(0, colon), readType(word.slice(colon + 1), known)];
}

function readDefinition(keyword: string, words: readonly string[], known: Known): ValueType {
  switch (keyword) {
    case 'type':
      return readType(words[0] ?? '', known);
    case 'flags':
      return flags(words);
    case 'enum':
      return variant(
        'enum',
        words.map((label) => ({ label, type: undefined })),
      );
    case 'record':
      return record(
        'record',
        words.map((word) => readField(word, known)),
      );
    case 'variant':
      return variant(
        'variant',
        words.map((word) => {
          const [, label = '', type] = /^([^(]*)(?:\((.*)\))?$/.exec(word) ?? [];
          return { label, type: type === undefined ? undefined : readType(type, known) };
        }),
      );
    default:
      throw new Error(`${keyword} is no keyword of an interface`);
  }
}

/** A type written without blanks: `result<list<u8>,stream-error>`; `_` for none. */
function readType(text: string, known: Known): ValueType {
  const [, name = '', inner] = /^([^<]*)(?:<(.*)>)?$/.exec(text) ?? [];
  const types = splitTypes(inner ?? '');
  const [first = '', second = '_'] = types;
  switch (name) {
    case 'list':
      return list(readType(first, known));
    case 'option':
      return optionOf(readType(first, known));
    case 'tuple':
      return record(
        'tuple',
        types.map((type, index) => [String(index), readType(type, known)]),
      );
    case 'result':
      return resultOf(readOptional(first, known), readOptional(second, known));
    case 'borrow': {
      const resource = known.get(first);
      if (resource === undefined || 'kind' in resource) throw new Error(`${first} is no resource`);
      return handle('borrow', resource);
    }
  }
  if (isPrimitive(name)) return primitive(name);
  const found = known.get(name);
  if (found === undefined) throw new Error(`type ${name} is not known`);
  return 'kind' in found ? found : handle('own', found);
}

function readOptional(text: string, known: Known): ValueType | undefined {
  return text === '' || text === '_' ? undefined : readType(text, known);
}

function isPrimitive(name: string): name is PrimitiveType {
  return PRIMITIVES.has(name);
}

/** At the commas that are not within brackets. */
function splitTypes(text: string): string[] {
  const types: string[] = [];
  let depth = 0;
  let start = 0;
  for (const [index, character] of text.split('').entries()) {
    if (character === '<') depth += 1;
    else if (character === '>') depth -= 1;
    else if (character === ',' && depth === 0) {
      types.push(text.slice(start, index));
      start = index + 1;
    }
  }
  if (start < text.length) types.push(text.slice(start));
  return types;
}
