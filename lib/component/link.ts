// Links a component with its host, once: its definitions are followed with names for what each run
// will have anew. What remains is a list of core modules to instantiate, and functions to call.

import { type Func, lift, lower } from './canon.js';
import { ComponentState, Context } from './context.js';
import type {
  CanonOptions,
  ComponentDefinition,
  Definition,
  Extern,
  GuestComponent,
  Sort,
} from './definition.js';
import { Trap } from './handles.js';
import { type CoreItem, LinkedComponent } from './linked.js';
import { type CoreInstance, type Entity, LinkFault, Scope, type TypeEntity } from './scope.js';
import { evaluateType, funcOf, resourceOf } from './typedefs.js';
import type { FuncType, ResourceType } from './types.js';

/** What the outermost component may import. */
export interface ImportProvider {
  /** @param interfaceName without version: `wasi:io/streams` */
  resource(interfaceName: string, name: string): ResourceType | undefined;
  /** @throws LinkFault when it has a function of this name and of another type */
  func(interfaceName: string, name: string, declared: FuncType): Func | undefined;
}

export interface Linked {
  readonly component: LinkedComponent;
  /** Exported functions, as `wasi:cli/run#run`; without versions. */
  readonly exports: ReadonlyMap<string, Func>;
  /** Imports that nobody provides, with their versions. */
  readonly missing: readonly string[];
}

type Alias = Definition & { kind: 'alias export' | 'alias core export' };

/** Definitions followed in all: a component may instantiate another one more than once. */
const MOST_STEPS = 200_000;
/** Core modules instantiated in one run; toolchains write up to ten. */
const MOST_INSTANCES = 200;
const RELEASE = /^([^@]*)@0\.2\.\d+$/;

/** @throws LinkFault when the component contradicts itself or the host; UnsupportedType */
export function linkComponent(guest: GuestComponent, provider: ImportProvider): Linked {
  const linker = new Linker(guest, provider);
  const scope = new Scope(undefined, linker.newState());
  const exports = linker.evaluate(guest.definition, scope, undefined);
  return { component: linker.linked, exports: functionsOf(exports), missing: linker.missing };
}

/** Names of functions, those of instances behind a `#`. */
function functionsOf(exports: ReadonlyMap<string, Entity>): Map<string, Func> {
  const functions = new Map<string, Func>();
  for (const [name, entity] of exports) {
    const plain = RELEASE.exec(name)?.[1] ?? name;
    if (entity.sort === 'func') functions.set(plain, entity.func);
    if (entity.sort !== 'instance') continue;
    for (const [inner, one] of entity.exports) {
      if (one.sort === 'func') functions.set(`${plain}#${inner}`, one.func);
    }
  }
  return functions;
}

class Linker {
  readonly linked: LinkedComponent;
  readonly missing: string[] = [];
  readonly #owners: Set<number>;
  readonly #cores: readonly WebAssembly.Module[];
  readonly #instantiated = new Set<number>();
  #followed = 0;
  #resources = 0;

  constructor(
    guest: GuestComponent,
    private readonly provider: ImportProvider,
  ) {
    this.linked = new LinkedComponent(guest.cores);
    this.#owners = new Set(guest.owners);
    this.#cores = guest.cores;
  }

  newState(): ComponentState {
    const state = new ComponentState();
    this.linked.states.push(state);
    return state;
  }

  /** @param args of a nested component; undefined for the outermost, whose imports the host provides */
  evaluate(
    definitions: ComponentDefinition,
    scope: Scope,
    args: ReadonlyMap<string, Entity> | undefined,
  ): ReadonlyMap<string, Entity> {
    const exports = new Map<string, Entity>();
    for (const definition of definitions) {
      this.#followed += 1;
      if (this.#followed > MOST_STEPS)
        throw new LinkFault(`has more than ${MOST_STEPS} definitions to follow`);
      this.#follow(definition, scope, args, exports);
    }
    return exports;
  }

  #follow(
    definition: Definition,
    scope: Scope,
    args: ReadonlyMap<string, Entity> | undefined,
    exports: Map<string, Entity>,
  ): void {
    switch (definition.kind) {
      case 'core module':
        return scope.add({ sort: 'core module', module: definition.module });
      case 'core type':
        return scope.add({ sort: 'core type' });
      case 'core instantiate':
        return this.#instantiateCore(definition, scope);
      case 'core exports': {
        const items = definition.exports.map(
          ([name, what]) => [name, scope.coreItem(what)] as const,
        );
        return scope.add({ sort: 'core instance', instance: new Map(items) });
      }
      case 'component':
        return scope.add({ sort: 'component', definition: definition.component, scope });
      case 'instantiate': {
        const { definition: inner, scope: outer } = scope.component(definition.component);
        const given = new Map(
          definition.args.map(([name, what]) => [name, scope.entity(what)] as const),
        );
        const instance = this.evaluate(inner, new Scope(outer, this.newState()), given);
        return scope.add({ sort: 'instance', exports: instance });
      }
      case 'exports': {
        const entities = definition.exports.map(
          ([name, what]) => [name, scope.entity(what)] as const,
        );
        return scope.add({ sort: 'instance', exports: new Map(entities) });
      }
      case 'alias export':
        return scope.add(exported(scope, definition));
      case 'alias core export':
        return scope.add(coreExported(scope, definition));
      case 'alias outer':
        return scope.add(scope.outer(definition.count).entity(definition));
      case 'type':
        return scope.add({ sort: 'type', type: this.#type(definition, scope) });
      case 'lift':
        return scope.add({ sort: 'func', func: this.#lift(definition, scope) });
      case 'lower':
        return scope.add(this.#lower(definition, scope));
      case 'resource.new':
      case 'resource.drop':
      case 'resource.rep':
        return scope.add(this.#resourceFunction(definition, scope));
      case 'import':
        return scope.add(this.#import(definition, scope, args));
      case 'declare':
        throw new LinkFault('declares where it should define');
      case 'export': {
        const entity = scope.entity(definition.what);
        scope.add(entity);
        exports.set(definition.name, entity);
      }
    }
  }

  #instantiateCore(
    { module, args }: Definition & { kind: 'core instantiate' },
    scope: Scope,
  ): void {
    const number = scope.coreModule(module);
    if (this.linked.steps.length === MOST_INSTANCES)
      throw new LinkFault(`instantiates more than ${MOST_INSTANCES} core modules`);
    if (this.#owners.has(number) && this.#instantiated.has(number))
      throw new LinkFault(`instantiates core module ${number}, which has a memory or table, twice`);
    this.#instantiated.add(number);
    this.#checkNamespaces(number, args);
    const imports = args.map(([name, index]) => [name, scope.coreInstance(index)] as const);
    this.linked.steps.push({ module: number, imports });
    scope.add({ sort: 'core instance', instance: this.linked.steps.length - 1 });
  }

  /** V8 says only of single imports that they are missing. */
  #checkNamespaces(module: number, args: readonly (readonly [string, number])[]): void {
    const core = this.#cores[module];
    if (core === undefined) throw new LinkFault(`has no core module ${module}`);
    const given = new Set(args.map(([name]) => name));
    const missing = WebAssembly.Module.imports(core).find((one) => !given.has(one.module));
    if (missing !== undefined)
      throw new LinkFault(
        `instantiates core module ${module} without ${JSON.stringify(missing.module)}, which it imports`,
      );
  }

  #type({ type }: Definition & { kind: 'type' }, scope: Scope): TypeEntity {
    if (type.kind === 'resource') {
      const { linked } = this;
      const destructor =
        type.destructor === undefined
          ? undefined
          : scope.coreItem({ sort: 'core func', index: type.destructor });
      this.#resources += 1;
      const resource: ResourceType = {
        name: `resource ${this.#resources}`,
        owner: scope.state,
        drop: (rep) => {
          if (destructor !== undefined) Reflect.apply(linked.func(destructor), undefined, [rep]);
        },
      };
      return { kind: 'resource', resource };
    }
    return evaluateType(type, scope);
  }

  #context(options: CanonOptions, scope: Scope): Context {
    const { linked } = this;
    const item = (sort: Sort, index: number | undefined): CoreItem | undefined =>
      index === undefined ? undefined : scope.coreItem({ sort, index });
    const memory = item('core memory', options.memory);
    const realloc = item('core func', options.realloc);
    return new Context(scope.state, options.encoding, {
      memory: () => memory && linked.memory(memory),
      realloc: () => realloc && linked.func(realloc),
    });
  }

  #lift({ func, type, options }: Definition & { kind: 'lift' }, scope: Scope): Func {
    const { linked } = this;
    const core = scope.coreItem({ sort: 'core func', index: func });
    const after =
      options.postReturn === undefined
        ? undefined
        : scope.coreItem({ sort: 'core func', index: options.postReturn });
    return lift(
      funcOf(scope, type),
      this.#context(options, scope),
      () => linked.func(core),
      () => after && linked.func(after),
    );
  }

  #lower({ func, options }: Definition & { kind: 'lower' }, scope: Scope): Entity {
    const lowered = lower(scope.func(func), this.#context(options, scope));
    return { sort: 'core func', item: { ours: this.linked.guarded(lowered) } };
  }

  #resourceFunction(
    { kind, type }: Definition & { kind: 'resource.new' | 'resource.drop' | 'resource.rep' },
    scope: Scope,
  ): Entity {
    const { state } = scope;
    const resource = resourceOf(scope, type);
    if (kind !== 'resource.drop' && resource.owner !== state) {
      throw new LinkFault(`uses ${kind} on ${resource.name}, which it does not implement`);
    }
    const calls = {
      'resource.new': (rep: number) => state.handles.add({ resource, rep, isOwn: true, lent: 0 }),
      'resource.rep': (index: number) => state.handles.get(index, resource).rep,
      'resource.drop': (index: number) => {
        const { rep, isOwn } = state.handles.take(index, resource);
        if (isOwn) resource.drop(rep);
      },
    };
    const call = calls[kind];
    const checked = (index: number): unknown => {
      if (!state.mayLeave) throw new Trap('a handle is used where none may be');
      return call(index);
    };
    return { sort: 'core func', item: { ours: this.linked.guarded(checked) } };
  }

  #import(
    { name, extern }: Definition & { kind: 'import' },
    scope: Scope,
    args: ReadonlyMap<string, Entity> | undefined,
  ): Entity {
    if (args === undefined) return this.#provide(name, extern, scope);
    const given = args.get(name);
    if (given?.sort !== extern.sort)
      throw new LinkFault(`gives a part of it no ${extern.sort} named ${name}`);
    return given;
  }

  /** An import of the outermost component. */
  #provide(name: string, extern: Extern, scope: Scope): Entity {
    const plain = RELEASE.exec(name)?.[1];
    if (extern.sort === 'instance') {
      const type = scope.type(extern.type);
      if (type.kind !== 'instance') throw new LinkFault(`import ${name} is no instance`);
      return { sort: 'instance', exports: this.#provideInstance(name, plain, type) };
    }
    if (extern.sort === 'func') {
      return { sort: 'func', func: this.#missing(name, funcOf(scope, extern.type)) };
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
      return { sort: 'func', func: func ?? this.#missing(`${interfaceName}#${name}`, type) };
    }
    if (extern.sort !== 'type')
      throw new LinkFault(`import ${interfaceName} has the ${extern.sort} ${name}`);
    if (extern.equals !== undefined) return { sort: 'type', type: scope.type(extern.equals) };
    const resource = plain === undefined ? undefined : this.provider.resource(plain, name);
    if (resource === undefined) this.missing.push(`${interfaceName}#${name}`);
    return { sort: 'type', type: { kind: 'resource', resource: resource ?? UNKNOWN } };
  }

  #missing(name: string, type: FuncType): Func {
    this.missing.push(name);
    return {
      type,
      call: () => {
        throw new Trap(`nothing provides ${name}`);
      },
    };
  }
}

/** Stands for one that nobody provides: nothing of it will run. */
const UNKNOWN: ResourceType = { name: 'unknown', owner: undefined, drop: () => {} };

function exported(scope: Scope, { sort, instance, name }: Alias): Entity {
  const entity = scope.instance(instance).get(name);
  if (entity?.sort !== sort) throw new LinkFault(`names the ${sort} ${name}, which is not there`);
  return entity;
}

function coreExported(scope: Scope, { sort, instance, name }: Alias): Entity {
  const from: CoreInstance = scope.coreInstance(instance);
  const item = typeof from === 'number' ? { slot: from, name } : from.get(name);
  const isKnown = sort === 'core func' || sort === 'core table' || sort === 'core memory';
  if (item === undefined || !(isKnown || sort === 'core global'))
    throw new LinkFault(`names the ${sort} ${name}, which is not there`);
  return { sort, item };
}
