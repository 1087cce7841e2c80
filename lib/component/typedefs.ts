// From the types in a component's binary, which name each other by numbers, to types with a layout.

import type { TypeDefinition, ValueTypeRef } from './definition.js';
import { LinkFault, type Scope, type TypeEntity } from './scope.js';
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

/** Everything but resources. @throws LinkFault, UnsupportedType */
export function evaluateType(type: TypeDefinition, scope: Scope): TypeEntity {
  if (type.kind === 'func') {
    const params = type.params.map(([label, ref]) => [label, valueOf(scope, ref)] as const);
    return { kind: 'func', type: { params, result: optional(scope, type.result) } };
  }
  if (type.kind === 'instance') {
    return { kind: 'instance', declarations: type.declarations, scope };
  }
  if (type.kind === 'component') return { kind: 'component' };
  if (type.kind === 'resource')
    throw new LinkFault('defines a resource in the type of an instance');
  return { kind: 'value', type: valueType(type, scope) };
}

type ValueDefinition = Exclude<
  TypeDefinition,
  { kind: 'func' | 'instance' | 'component' | 'resource' }
>;

function valueType(type: ValueDefinition, scope: Scope): ValueType {
  switch (type.kind) {
    case 'primitive':
      return primitive(type.type);
    case 'record':
      return record(
        'record',
        type.fields.map(([label, ref]) => [label, valueOf(scope, ref)]),
      );
    case 'tuple':
      return record(
        'tuple',
        type.types.map((ref, index) => [String(index), valueOf(scope, ref)]),
      );
    case 'list':
      return list(valueOf(scope, type.element));
    case 'flags':
      return flags(type.labels);
    case 'enum':
      return variant(
        'enum',
        type.labels.map((label) => ({ label, type: undefined })),
      );
    case 'variant':
      return variant(
        'variant',
        type.cases.map(([label, ref]) => ({ label, type: optional(scope, ref) })),
      );
    case 'option':
      return optionOf(valueOf(scope, type.type));
    case 'result':
      return resultOf(optional(scope, type.ok), optional(scope, type.error));
    case 'own':
    case 'borrow':
      return handle(type.kind, resourceOf(scope, type.resource));
  }
}

export function optionOf(type: ValueType): ValueType {
  return variant('option', [
    { label: 'none', type: undefined },
    { label: 'some', type },
  ]);
}

export function resultOf(ok: ValueType | undefined, error: ValueType | undefined): ValueType {
  return variant('result', [
    { label: 'ok', type: ok },
    { label: 'error', type: error },
  ]);
}

function valueOf(scope: Scope, ref: ValueTypeRef): ValueType {
  if (typeof ref === 'string') return primitive(ref);
  const entity = scope.type(ref);
  if (entity.kind === 'value') return entity.type;
  throw new LinkFault(`uses type ${ref}, a ${entity.kind}, as the type of a value`);
}

function optional(scope: Scope, ref: ValueTypeRef | undefined): ValueType | undefined {
  return ref === undefined ? undefined : valueOf(scope, ref);
}

export function resourceOf(scope: Scope, index: number): ResourceType {
  const entity = scope.type(index);
  if (entity.kind === 'resource') return entity.resource;
  throw new LinkFault(`uses type ${index}, a ${entity.kind}, as a resource`);
}

export function funcOf(scope: Scope, index: number): FuncType {
  const entity = scope.type(index);
  if (entity.kind === 'func') return entity.type;
  throw new LinkFault(`uses type ${index}, a ${entity.kind}, as the type of a function`);
}
