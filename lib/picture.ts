// What a snapshot holds, as plain data that every stage may know and that survives structured clone.

/** A descriptor that the guest has opened by itself, by way of one that it was given. */
export interface OpenedPicture {
  readonly path: string;
  readonly follow: boolean;
  readonly openFlags: number;
  readonly fdFlags: number;
  readonly rights: number;
  readonly inheriting: number;
}

interface SlotPicture {
  /** Which of those that every run is given: 0 to 2 stdio, then the preopens, then the request's directory. */
  readonly given: number;
  /** From there to what is open; empty when it is the given one itself. */
  readonly opened: readonly OpenedPicture[];
  /** As the guest may have changed them. */
  readonly rights: number;
  readonly inheriting: number;
  readonly flags: number;
  readonly position: number;
  /** Device, inode and, of a file, size and time of the last change; empty where there is no file of the host. */
  readonly identity: string;
}

/** What the WASI host holds of a guest between two calls. */
export interface HostPicture {
  /** By fd. */
  readonly slots: readonly (SlotPicture | undefined)[];
  /** The guest's clocks go on from here, ns since its beginning. */
  readonly elapsedNs: bigint;
}

/** Where environ_get has put strings, with room for those of any request. */
export interface EnvironmentPlace {
  readonly list: number;
  readonly bytes: number;
}

/** So many variables, and so many bytes with a NUL each: what lib/cgi/environment.ts lets through. */
export const ENVIRONMENT_ROOM = { entries: 256, bytes: 65_536 };

export interface SnapshotPicture {
  /** Size of the memory, stack included. */
  readonly pages: number;
  /** Everything from byte `start` to the last that is not 0. Shared by all threads, never written. */
  readonly start: number;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** All mutable globals by the names of their exports; the last one counts the guest's pages (lib/module/growth.ts). */
  readonly globals: readonly (readonly [name: string, value: number | bigint])[];
  /** Names of the two globals of Asyncify; where the stack lies that it is to take up, and its bytes. */
  readonly stack: {
    readonly state: string;
    readonly data: string;
    readonly at: number;
    readonly bytes: number;
  };
  readonly environment: readonly EnvironmentPlace[];
  readonly host: HostPicture;
}

/** What a worker runs a request of: the program as it stood when it asked for its request. */
export interface GuestSnapshot {
  readonly picture: SnapshotPicture;
  /** The instrumented module. */
  readonly module: WebAssembly.Module;
  /** The program as it is, for a request that the snapshot cannot serve. */
  readonly fresh: WebAssembly.Module;
  /** Under which it was run until there was a snapshot. */
  readonly freshKey: string;
}
