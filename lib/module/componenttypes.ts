// Reads the types of a component's interfaces (component model, Binary.md, deftype).

import type { PrimitiveType, TypeDefinition, ValueTypeRef } from '../component/definition.js';
import type { Reader } from './reader.js';

const PRIMITIVES = new Map<number, PrimitiveType>([
  [0x7f, 'bool'],
  [0x7e, 's8'],
  [0x7d, 'u8'],
  [0x7c, 's16'],
  [0x7b, 'u16'],
  [0x7a, 's32'],
  [0x79, 'u32'],
  [0x78, 's64'],
  [0x77, 'u64'],
  [0x76, 'f32'],
  [0x75, 'f64'],
  [0x74, 'char'],
  [0x73, 'string'],
]);

/** Explainer.md, label: words of letters and digits, joined by hyphens. */
const LABEL = /^[a-zA-Z][a-zA-Z0-9]*(-[a-zA-Z0-9]+)*$/;
const MOST_LABEL_BYTES = 200;

/** Everything but the types of instances and components, whose `form` byte is read. */
export function readTypeDefinition(reader: Reader, form: number): TypeDefinition {
  const primitive = PRIMITIVES.get(form);
  if (primitive !== undefined) return { kind: 'primitive', type: primitive };
  switch (form) {
    case 0x72:
      return { kind: 'record', fields: readFields(reader, 1) };
    case 0x71:
      return { kind: 'variant', cases: readCases(reader) };
    case 0x70:
      return { kind: 'list', element: readRef(reader) };
    case 0x6f:
      return { kind: 'tuple', types: Array.from({ length: some(reader) }, () => readRef(reader)) };
    case 0x6e:
    case 0x6d:
      return {
        kind: form === 0x6e ? 'flags' : 'enum',
        labels: distinct(
          reader,
          Array.from({ length: some(reader) }, () => readLabel(reader)),
        ),
      };
    case 0x6b:
      return { kind: 'option', type: readRef(reader) };
    case 0x6a:
      return { kind: 'result', ok: readOptionalRef(reader), error: readOptionalRef(reader) };
    case 0x69:
    case 0x68:
      return { kind: form === 0x69 ? 'own' : 'borrow', resource: reader.u32() };
    case 0x40:
      return { kind: 'func', params: readFields(reader, 0), result: readResult(reader) };
    case 0x3f:
      if (reader.byte() !== 0x7f) reader.fail('a resource is represented by i32 only');
      return { kind: 'resource', destructor: readOptional(reader, () => reader.u32()) };
    default:
      return reader.fail(`type of form 0x${form.toString(16)} is not of WASI 0.2`);
  }
}

/** A count of things of which there is at least one: else lists of nothing could be of any length. */
function some(reader: Reader): number {
  const count = reader.count();
  return count === 0 ? reader.fail('a type of no parts') : count;
}

function readFields(reader: Reader, least: number): (readonly [string, ValueTypeRef])[] {
  const count = least === 0 ? reader.count(2) : some(reader);
  const fields = Array.from({ length: count }, () => [readLabel(reader), readRef(reader)] as const);
  distinct(
    reader,
    fields.map(([label]) => label),
  );
  return fields;
}

function readCases(reader: Reader): (readonly [string, ValueTypeRef | undefined])[] {
  const cases = Array.from({ length: some(reader) }, () => {
    const entry = [readLabel(reader), readOptionalRef(reader)] as const;
    if (reader.byte() !== 0x00) reader.fail('a case that refines another one');
    return entry;
  });
  distinct(
    reader,
    cases.map(([label]) => label),
  );
  return cases;
}

function readResult(reader: Reader): ValueTypeRef | undefined {
  const form = reader.byte();
  if (form === 0x00) return readRef(reader);
  if (form !== 0x01 || reader.byte() !== 0x00) reader.fail('named results are not of WASI 0.2');
  return undefined;
}

/** A primitive type is one byte, which as an s33 would be a negative number. */
function readRef(reader: Reader): ValueTypeRef {
  const first = reader.peek();
  if (first < 0x40 || first >= 0x80) return reader.u32();
  const form = reader.byte();
  return PRIMITIVES.get(form) ?? reader.fail(`type 0x${form.toString(16)} is not of WASI 0.2`);
}

function readOptional<Value>(reader: Reader, read: () => Value): Value | undefined {
  const form = reader.byte();
  if (form > 1) reader.fail(`optional part of form ${form} is not known`);
  return form === 0 ? undefined : read();
}

function readOptionalRef(reader: Reader): ValueTypeRef | undefined {
  return readOptional(reader, () => readRef(reader));
}

function readLabel(reader: Reader): string {
  const label = reader.name();
  if (label.length > MOST_LABEL_BYTES || !LABEL.test(label)) {
    reader.fail(`label ${JSON.stringify(label.slice(0, MOST_LABEL_BYTES))} is no kebab-case name`);
  }
  return label;
}

function distinct(reader: Reader, labels: string[]): string[] {
  if (new Set(labels).size < labels.length) reader.fail('two labels of a type are the same');
  return labels;
}
