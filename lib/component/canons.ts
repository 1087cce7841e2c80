// What a component's canonical definitions and resource types make: functions across its border, found
// anew in each run (Binary.md, canonical definitions).

import { type Func, lift, lower } from './canon.js';
import { Context } from './context.js';
import type { CanonOptions, Definition, Sort } from './definition.js';
import { Trap } from './handles.js';
import type { CoreItem, LinkedComponent } from './linked.js';
import { type Entity, LinkFault, type Scope, type TypeEntity } from './scope.js';
import { evaluateType, funcOf, resourceOf } from './typedefs.js';
import type { ResourceType } from './types.js';

export class CanonMaker {
  #resources = 0;

  constructor(private readonly linked: LinkedComponent) {}

  type({ type }: Definition & { kind: 'type' }, scope: Scope): TypeEntity {
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

  lift({ func, type, options }: Definition & { kind: 'lift' }, scope: Scope): Func {
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

  lower({ func, options }: Definition & { kind: 'lower' }, scope: Scope): Entity {
    const lowered = lower(scope.func(func), this.#context(options, scope));
    return { sort: 'core func', item: { ours: this.linked.guarded(lowered) } };
  }

  resourceFunction(
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
}
