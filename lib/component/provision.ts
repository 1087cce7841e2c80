// What the outermost component imports, found in what the host provides; and what nobody provides.

import type { Func } from './canon.js';
import type { Definition, Extern } from './definition.js';
import { Trap } from './handles.js';
import { type Entity, LinkFault, Scope, type TypeEntity } from './scope.js';
import { evaluateType, funcOf } from './typedefs.js';
import type { FuncType, ResourceType } from './types.js';

/** What the outermost component may import. */
export interface ImportProvider {
  /** @param interfaceName without version: `wasi:io/streams` */
  resource(interfaceName: string, name: string): ResourceType | undefined;
  /** @throws LinkFault when it has a function of this name and of another type */
  func(interfaceName: string, name: string, declared: FuncType): Func | undefined;
}

const RELEASE = /^([^@]*)@0\.2\.\d+$/;
/** Of which runtimes offer drafts, for there is no release. */
const DRAFT = /^(wasi:config\/[a-z]+)@0\.2\.0-(?:draft|rc\.1)$/;

/** `wasi:io/streams` of `wasi:io/streams@0.2.3`; undefined for what is of another version, or of none. */
export function withoutVersion(name: string): string | undefined {
  return (RELEASE.exec(name) ?? DRAFT.exec(name))?.[1];
}

/** Stands for one that nobody provides: nothing of it will run. */
const UNKNOWN: ResourceType = { name: 'unknown', owner: undefined, drop: () => {} };

export class Provision {
  readonly missing: string[] = [];

  constructor(private readonly provider: ImportProvider) {}

  /** An import of the outermost component. */
  find(name: string, extern: Extern, scope: Scope): Entity {
    const plain = withoutVersion(name);
    if (extern.sort === 'instance') {
      const type = scope.type(extern.type);
      if (type.kind !== 'instance') throw new LinkFault(`import ${name} is no instance`);
      return { sort: 'instance', exports: this.#provideInstance(name, plain, type) };
    }
    if (extern.sort === 'func') {
      return { sort: 'func', func: this.#absent(name, funcOf(scope, extern.type)) };
    }
    if (extern.sort === 'type' && extern.equals !== undefined)
      return { sort: 'type', type: scope.type(extern.equals) };
    throw new LinkFault(`imports the ${extern.sort} ${name}`);
  }

  #provideInstance(
    name: string,
    plain: string | undefined,
    { declarations, scope }: TypeEntity & { kind: 'instance' },
  ): ReadonlyMap<string, Entity> {
    const exports = new Map<string, Entity>();
    const inner = new Scope(scope, scope.state);
    for (const declaration of declarations) {
      if (declaration.kind === 'type') {
        inner.add({ sort: 'type', type: evaluateType(declaration.type, inner) });
      } else if (declaration.kind === 'alias outer') {
        inner.add(inner.outer(declaration.count).entity(declaration));
      } else if (declaration.kind === 'declare') {
        const entity = this.#declared(name, plain, declaration, inner);
        inner.add(entity);
        exports.set(declaration.name, entity);
      } else throw new LinkFault(`import ${name} has a ${declaration.kind} in its type`);
    }
    return exports;
  }

  #declared(
    interfaceName: string,
    plain: string | undefined,
    { name, extern }: Definition & { kind: 'declare' },
    scope: Scope,
  ): Entity {
    if (extern.sort === 'func') {
      const type = funcOf(scope, extern.type);
      const func = plain === undefined ? undefined : this.provider.func(plain, name, type);
      return { sort: 'func', func: func ?? this.#absent(`${interfaceName}#${name}`, type) };
    }
    if (extern.sort !== 'type')
      throw new LinkFault(`import ${interfaceName} has the ${extern.sort} ${name}`);
    if (extern.equals !== undefined) return { sort: 'type', type: scope.type(extern.equals) };
    const resource = plain === undefined ? undefined : this.provider.resource(plain, name);
    if (resource === undefined) this.missing.push(`${interfaceName}#${name}`);
    return { sort: 'type', type: { kind: 'resource', resource: resource ?? UNKNOWN } };
  }

  #absent(name: string, type: FuncType): Func {
    this.missing.push(name);
    return {
      type,
      call: () => {
        throw new Trap(`nothing provides ${name}`);
      },
    };
  }
}
