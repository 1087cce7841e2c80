// Reads single definitions of a component: instances, aliases, canonical functions, exports (Binary.md).

import type { CanonOptions, Definition, Extern, Sort, SortIndex } from '../component/definition.js';
import type { Reader } from './reader.js';

const CORE_SORTS = new Map<number, Sort>([
  [0x00, 'core func'],
  [0x01, 'core table'],
  [0x02, 'core memory'],
  [0x03, 'core global'],
  [0x10, 'core type'],
  [0x11, 'core module'],
  [0x12, 'core instance'],
]);
const SORTS = new Map<number, Sort>([
  [0x01, 'func'],
  [0x03, 'type'],
  [0x04, 'component'],
  [0x05, 'instance'],
]);

function readPairs<Value>(
  reader: Reader,
  readName: (reader: Reader) => string,
  readValue: () => Value,
): (readonly [string, Value])[] {
  return Array.from({ length: reader.count(2) }, () => [readName(reader), readValue()] as const);
}

function plainName(reader: Reader): string {
  return reader.name();
}

export function readCoreInstance(reader: Reader): Definition {
  const form = reader.byte();
  if (form === 0x01) {
    const exports = readPairs(reader, plainName, () => readCoreSortIndex(reader));
    return { kind: 'core exports', exports };
  }
  if (form !== 0x00) reader.fail(`core instance of form ${form} is not known`);
  const module = reader.u32();
  const args = readPairs(reader, plainName, () => {
    if (reader.byte() !== 0x12) reader.fail('a core module is given what is no core instance');
    return reader.u32();
  });
  return { kind: 'core instantiate', module, args };
}

export function readInstance(reader: Reader): Definition {
  const form = reader.byte();
  if (form === 0x01) {
    const exports = readPairs(reader, readExternName, () => readSortIndex(reader));
    return { kind: 'exports', exports };
  }
  if (form !== 0x00) reader.fail(`instance of form ${form} is not known`);
  const component = reader.u32();
  const args = readPairs(reader, plainName, () => readSortIndex(reader));
  return { kind: 'instantiate', component, args };
}

export function readAlias(reader: Reader): Definition {
  const sort = readSort(reader);
  const target = reader.byte();
  switch (target) {
    case 0x00:
      return { kind: 'alias export', sort, instance: reader.u32(), name: reader.name() };
    case 0x01:
      return { kind: 'alias core export', sort, instance: reader.u32(), name: reader.name() };
    case 0x02:
      return { kind: 'alias outer', sort, count: reader.u32(), index: reader.u32() };
    default:
      return reader.fail(`alias of form ${target} is not known`);
  }
}

export function readCanon(reader: Reader): Definition {
  const form = reader.byte();
  switch (form) {
    case 0x00: {
      if (reader.byte() !== 0x00) reader.fail('lift of an unknown form');
      const func = reader.u32();
      const options = readCanonOptions(reader);
      return { kind: 'lift', func, options, type: reader.u32() };
    }
    case 0x01:
      if (reader.byte() !== 0x00) reader.fail('lower of an unknown form');
      return { kind: 'lower', func: reader.u32(), options: readCanonOptions(reader) };
    case 0x02:
      return { kind: 'resource.new', type: reader.u32() };
    case 0x03:
      return { kind: 'resource.drop', type: reader.u32() };
    case 0x04:
      return { kind: 'resource.rep', type: reader.u32() };
    default:
      return reader.fail(`canonical function 0x${form.toString(16)} is not of WASI 0.2`);
  }
}

function readCanonOptions(reader: Reader): CanonOptions {
  let encoding: CanonOptions['encoding'] = 'utf8';
  const found = new Map<number, number>();
  for (let left = reader.count(); left > 0; left -= 1) {
    const option = reader.byte();
    if (option === 0x00) encoding = 'utf8';
    else if (option === 0x01) encoding = 'utf16';
    else if (option === 0x02) encoding = 'latin1+utf16';
    else if (option <= 0x05) found.set(option, reader.u32());
    else reader.fail(`canonical option 0x${option.toString(16)} is not of WASI 0.2`);
  }
  return {
    encoding,
    memory: found.get(0x03),
    realloc: found.get(0x04),
    postReturn: found.get(0x05),
  };
}

export function readExport(reader: Reader): Definition {
  const name = readExternName(reader);
  const what = readSortIndex(reader);
  const isTyped = reader.byte();
  if (isTyped > 1) reader.fail(`export ${name} is of an unknown form`);
  if (isTyped === 1) readExtern(reader);
  return { kind: 'export', name, what };
}

export function readExternName(reader: Reader): string {
  const form = reader.byte();
  if (form > 1) reader.fail(`name of form ${form} is not known`);
  return reader.name();
}

export function readExtern(reader: Reader): Extern {
  const sort = readSort(reader);
  if (sort === 'func' || sort === 'instance') return { sort, type: reader.u32() };
  if (sort === 'component' || sort === 'core module') {
    reader.u32();
    return { sort };
  }
  if (sort !== 'type') reader.fail(`an import or export that is a ${sort}`);
  const bound = reader.byte();
  if (bound > 1) reader.fail(`type bound ${bound} is not known`);
  return { sort, equals: bound === 0 ? reader.u32() : undefined };
}

function readSort(reader: Reader): Sort {
  const code = reader.byte();
  if (code === 0x00) return readCoreSort(reader);
  return SORTS.get(code) ?? reader.fail(`sort ${code} is not of WASI 0.2`);
}

function readCoreSort(reader: Reader): Sort {
  const code = reader.byte();
  return CORE_SORTS.get(code) ?? reader.fail(`core sort ${code} is not known`);
}

function readSortIndex(reader: Reader): SortIndex {
  return { sort: readSort(reader), index: reader.u32() };
}

function readCoreSortIndex(reader: Reader): SortIndex {
  return { sort: readCoreSort(reader), index: reader.u32() };
}
