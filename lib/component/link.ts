// Links a component with its host, once: its definitions are followed with names for what each run
// will have anew. What remains is a list of core modules to instantiate, and functions to call.

import type { Func } from './canon.js';
import { CanonMaker } from './canons.js';
import { ComponentState } from './context.js';
import type { ComponentDefinition, Definition, GuestComponent } from './definition.js';
import { LinkedComponent } from './linked.js';
import { type ImportProvider, Provision, withoutVersion } from './provision.js';
import { type CoreInstance, type Entity, LinkFault, Scope } from './scope.js';

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
    const plain = withoutVersion(name) ?? name;
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
  readonly #makes: CanonMaker;
  readonly #provision: Provision;
  readonly #owners: Set<number>;
  readonly #cores: readonly WebAssembly.Module[];
  readonly #instantiated = new Set<number>();
  #followed = 0;

  constructor(guest: GuestComponent, provider: ImportProvider) {
    this.linked = new LinkedComponent(guest.cores);
    this.#makes = new CanonMaker(this.linked);
    this.#provision = new Provision(provider);
    this.#owners = new Set(guest.owners);
    this.#cores = guest.cores;
  }

  get missing(): readonly string[] {
    return this.#provision.missing;
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
        return scope.add({ sort: 'type', type: this.#makes.type(definition, scope) });
      case 'lift':
        return scope.add({ sort: 'func', func: this.#makes.lift(definition, scope) });
      case 'lower':
        return scope.add(this.#makes.lower(definition, scope));
      case 'resource.new':
      case 'resource.drop':
      case 'resource.rep':
        return scope.add(this.#makes.resourceFunction(definition, scope));
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

  #import(
    { name, extern }: Definition & { kind: 'import' },
    scope: Scope,
    args: ReadonlyMap<string, Entity> | undefined,
  ): Entity {
    if (args === undefined) return this.#provision.find(name, extern, scope);
    const given = args.get(name);
    if (given?.sort !== extern.sort)
      throw new LinkFault(`gives a part of it no ${extern.sort} named ${name}`);
    return given;
  }
}

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
