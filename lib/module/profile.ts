// All that a module's bytes tell a person: beyond what running it needs, who made it and what it talks of.

import type { World } from '../component/definition.js';
import {
  type ComponentNames,
  type DecodedComponent,
  decodeComponent,
  namesOf,
  worldOf,
} from './component.js';
import { type Inspection, inspect } from './inspect.js';
import { Reader } from './reader.js';
import { type Section, binaryKind, readSections } from './sections.js';
import { unwrap } from './unwrap.js';

interface CustomSection {
  readonly name: string;
  readonly bytes: number;
}

/** Of the section `producers`: `language`, `processed-by` or `sdk`, and each tool with its version. */
interface Producer {
  readonly field: string;
  readonly tools: readonly string[];
}

export interface Profile extends Inspection {
  readonly bytes: number;
  /** Of a component: interfaces and functions by their whole names. */
  readonly component?: ComponentNames & {
    readonly world: World;
    /** It runs as the preview1 command in it. */
    readonly unwraps: boolean;
  };
  readonly producers: readonly Producer[];
  readonly customSections: readonly CustomSection[];
  /** Names of CGI that stand somewhere in its bytes: `REQUEST_METHOD`. */
  readonly mentions: readonly string[];
}

const CGI_NAMES = [
  'GATEWAY_INTERFACE',
  'REQUEST_METHOD',
  'QUERY_STRING',
  'SCRIPT_FILENAME',
  'Content-Type:',
  'HTTP_AUTHORIZATION',
] as const;

/** Tools of one field of `producers`; real ones have one or two. */
const MOST_TOOLS = 1_000;

/**
 * Reads a whole file.
 * @throws MalformedModule when it is not Wasm, or what is read here breaks the format
 */
export function profile(bytes: Uint8Array): Profile {
  const inspection = inspect(bytes);
  const isComponent = binaryKind(bytes) === 'component';
  const component = isComponent ? decodeComponent(bytes) : undefined;
  const sections = component?.customs ?? readSections(bytes).filter(({ id }) => id === 0);
  const customs = sections.map((section) => readCustom(bytes, section));
  const producers = customs.find(({ name }) => name === 'producers');
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    ...inspection,
    bytes: bytes.length,
    ...(component === undefined ? {} : { component: componentOf(component) }),
    producers: producers === undefined ? [] : readProducers(bytes, producers),
    customSections: customs.map(({ name, start, end }) => ({ name, bytes: end - start })),
    mentions: CGI_NAMES.filter((name) => all.includes(name)),
  };
}

function componentOf(decoded: DecodedComponent): NonNullable<Profile['component']> {
  const { definition } = decoded;
  const unwraps = unwrap(decoded) !== undefined;
  return { ...namesOf(definition), world: worldOf(definition), unwraps };
}

interface Custom {
  readonly name: string;
  /** Offsets of what stands after the name. */
  readonly start: number;
  readonly end: number;
}

function readCustom(bytes: Uint8Array, { contents, end }: Section): Custom {
  const reader = new Reader(bytes, contents, end);
  const name = reader.name();
  return { name, start: reader.offset, end };
}

/** Tool conventions, "Producers section". It is a remark: a broken one is none. */
function readProducers(bytes: Uint8Array, { start, end }: Custom): Producer[] {
  const reader = new Reader(bytes, start, end);
  const producers: Producer[] = [];
  try {
    for (let fields = reader.count(2); fields > 0; fields -= 1) {
      const field = reader.name();
      const count = Math.min(reader.count(2), MOST_TOOLS);
      const tools = Array.from({ length: count }, () => `${reader.name()} ${reader.name()}`.trim());
      producers.push({ field, tools });
    }
  } catch {
    return producers;
  }
  return producers;
}
