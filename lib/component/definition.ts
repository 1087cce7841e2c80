// A component as it stands in its binary: plain data, in the order in which its index spaces are filled.
// Names are those of the component model's Binary.md.

/** What an index counts. */
export type Sort =
  | 'core func'
  | 'core table'
  | 'core memory'
  | 'core global'
  | 'core type'
  | 'core module'
  | 'core instance'
  | 'func'
  | 'type'
  | 'component'
  | 'instance';

export interface SortIndex {
  readonly sort: Sort;
  readonly index: number;
}

type Named<Value> = readonly (readonly [name: string, value: Value])[];

/** A type by its index, or one that needs no index. */
export type ValueTypeRef = number | PrimitiveType;

export type PrimitiveType =
  | 'bool'
  | 's8'
  | 'u8'
  | 's16'
  | 'u16'
  | 's32'
  | 'u32'
  | 's64'
  | 'u64'
  | 'f32'
  | 'f64'
  | 'char'
  | 'string';

export type TypeDefinition =
  | { readonly kind: 'primitive'; readonly type: PrimitiveType }
  | { readonly kind: 'record'; readonly fields: Named<ValueTypeRef> }
  | { readonly kind: 'variant'; readonly cases: Named<ValueTypeRef | undefined> }
  | { readonly kind: 'list'; readonly element: ValueTypeRef }
  | { readonly kind: 'tuple'; readonly types: readonly ValueTypeRef[] }
  | { readonly kind: 'flags' | 'enum'; readonly labels: readonly string[] }
  | { readonly kind: 'option'; readonly type: ValueTypeRef }
  | {
      readonly kind: 'result';
      readonly ok: ValueTypeRef | undefined;
      readonly error: ValueTypeRef | undefined;
    }
  | { readonly kind: 'own' | 'borrow'; readonly resource: number }
  | {
      readonly kind: 'func';
      readonly params: Named<ValueTypeRef>;
      readonly result: ValueTypeRef | undefined;
    }
  /** A resource that the component itself implements; the destructor is a core func. */
  | { readonly kind: 'resource'; readonly destructor: number | undefined }
  /** Of an instance, or of a component; of the latter nothing is read. */
  | { readonly kind: 'instance'; readonly declarations: readonly Definition[] }
  | { readonly kind: 'component' };

/** What an import has to be. */
export type Extern =
  | { readonly sort: 'func' | 'instance'; readonly type: number }
  | { readonly sort: 'type'; readonly equals: number | undefined }
  | { readonly sort: 'component' | 'core module' };

/** Options of a canon; indices of core funcs and of a core memory. */
export interface CanonOptions {
  readonly encoding: 'utf8' | 'utf16' | 'latin1+utf16';
  readonly memory: number | undefined;
  readonly realloc: number | undefined;
  readonly postReturn: number | undefined;
}

/** Each one adds to the index space of what it makes. */
export type Definition =
  /** `module` counts through all core modules of the file, nested ones too. */
  | { readonly kind: 'core module'; readonly module: number }
  | { readonly kind: 'core instantiate'; readonly module: number; readonly args: Named<number> }
  | { readonly kind: 'core exports'; readonly exports: Named<SortIndex> }
  | { readonly kind: 'core type' }
  | { readonly kind: 'component'; readonly component: ComponentDefinition }
  | { readonly kind: 'instantiate'; readonly component: number; readonly args: Named<SortIndex> }
  | { readonly kind: 'exports'; readonly exports: Named<SortIndex> }
  | {
      readonly kind: 'alias export' | 'alias core export';
      readonly sort: Sort;
      readonly instance: number;
      readonly name: string;
    }
  | {
      readonly kind: 'alias outer';
      readonly sort: Sort;
      readonly count: number;
      readonly index: number;
    }
  | { readonly kind: 'type'; readonly type: TypeDefinition }
  | {
      readonly kind: 'lift';
      readonly func: number;
      readonly type: number;
      readonly options: CanonOptions;
    }
  | { readonly kind: 'lower'; readonly func: number; readonly options: CanonOptions }
  | { readonly kind: 'resource.new' | 'resource.drop' | 'resource.rep'; readonly type: number }
  | { readonly kind: 'import'; readonly name: string; readonly extern: Extern }
  /** In the type of an instance: what it exports. */
  | { readonly kind: 'declare'; readonly name: string; readonly extern: Extern }
  | { readonly kind: 'export'; readonly name: string; readonly what: SortIndex };

export type ComponentDefinition = readonly Definition[];

/**
 * What a component is for: `command` exports wasi:cli/run, `handler` wasi:http/incoming-handler, and
 * `other` neither.
 */
export type World = 'command' | 'handler' | 'other';

/** A component that can be run: what remains of its file. */
export interface GuestComponent {
  readonly world: World;
  readonly definition: ComponentDefinition;
  readonly cores: readonly WebAssembly.Module[];
  /** Core modules that bring a memory or table of their own: one instance of each is within the limits. */
  readonly owners: readonly number[];
  /** Proven: a run leaves nothing in its instances but memory and numbers, and both are shown. */
  readonly isResettable: boolean;
}

/** What a worker runs. */
export type GuestModule = WebAssembly.Module | GuestComponent;
