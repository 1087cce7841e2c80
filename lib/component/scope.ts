// The index spaces of a component while it is linked: what each number stands for.

import type { Func } from './canon.js';
import type { ComponentState } from './context.js';
import type { ComponentDefinition, Definition, Sort, SortIndex } from './definition.js';
import type { CoreItem } from './linked.js';
import type { FuncType, ResourceType, ValueType } from './types.js';

/** The component contradicts itself, or asks for what this host does not have. */
export class LinkFault extends Error {
  override readonly name = 'LinkFault';
}

/** A core instance: the number of the step that makes it, or single items. */
export type CoreInstance = number | ReadonlyMap<string, CoreItem>;

export type TypeEntity =
  | { readonly kind: 'value'; readonly type: ValueType }
  | { readonly kind: 'func'; readonly type: FuncType }
  | { readonly kind: 'resource'; readonly resource: ResourceType }
  | {
      readonly kind: 'instance';
      readonly declarations: readonly Definition[];
      readonly scope: Scope;
    }
  | { readonly kind: 'component' };

export type Entity =
  | {
      readonly sort: 'core func' | 'core table' | 'core memory' | 'core global';
      readonly item: CoreItem;
    }
  | { readonly sort: 'core type' }
  | { readonly sort: 'core module'; readonly module: number }
  | { readonly sort: 'core instance'; readonly instance: CoreInstance }
  | { readonly sort: 'func'; readonly func: Func }
  | { readonly sort: 'type'; readonly type: TypeEntity }
  | { readonly sort: 'instance'; readonly exports: ReadonlyMap<string, Entity> }
  | {
      readonly sort: 'component';
      readonly definition: ComponentDefinition;
      readonly scope: Scope;
    };

export class Scope {
  readonly #spaces = new Map<Sort, Entity[]>();

  constructor(
    private readonly parent: Scope | undefined,
    readonly state: ComponentState,
  ) {}

  add(entity: Entity): void {
    const space = this.#spaces.get(entity.sort);
    if (space === undefined) this.#spaces.set(entity.sort, [entity]);
    else space.push(entity);
  }

  /** @throws LinkFault as all that follow, when there is no such thing */
  entity({ sort, index }: SortIndex): Entity {
    const entity = this.#spaces.get(sort)?.[index];
    if (entity === undefined) throw new LinkFault(`names ${sort} ${index}, which is not there`);
    return entity;
  }

  outer(count: number): Scope {
    if (count === 0) return this;
    if (this.parent === undefined) throw new LinkFault('names what lies outside of the component');
    return this.parent.outer(count - 1);
  }

  coreItem(what: SortIndex): CoreItem {
    const entity = this.entity(what);
    return 'item' in entity ? entity.item : wrong(what);
  }

  coreModule(index: number): number {
    const entity = this.entity({ sort: 'core module', index });
    return entity.sort === 'core module' ? entity.module : wrong({ sort: entity.sort, index });
  }

  coreInstance(index: number): CoreInstance {
    const entity = this.entity({ sort: 'core instance', index });
    return entity.sort === 'core instance' ? entity.instance : wrong({ sort: entity.sort, index });
  }

  component(index: number): Entity & { sort: 'component' } {
    const entity = this.entity({ sort: 'component', index });
    return entity.sort === 'component' ? entity : wrong({ sort: entity.sort, index });
  }

  instance(index: number): ReadonlyMap<string, Entity> {
    const entity = this.entity({ sort: 'instance', index });
    return entity.sort === 'instance' ? entity.exports : wrong({ sort: entity.sort, index });
  }

  func(index: number): Func {
    const entity = this.entity({ sort: 'func', index });
    return entity.sort === 'func' ? entity.func : wrong({ sort: entity.sort, index });
  }

  type(index: number): TypeEntity {
    const entity = this.entity({ sort: 'type', index });
    return entity.sort === 'type' ? entity.type : wrong({ sort: entity.sort, index });
  }
}

function wrong({ sort, index }: SortIndex): never {
  throw new LinkFault(`uses ${sort} ${index} as something else`);
}
