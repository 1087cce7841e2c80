// The environment as a program sees it before there is a request: what is configured, and room behind it.

import { ENVIRONMENT_ROOM, type EnvironmentPlace } from '../picture.js';

/** So many calls of environ_get are followed; libcs make one. */
const MOST_PLACES = 4;

/** environ_sizes_get and environ_get for a program that is not to know how large its environment will be. */
export class RoomyEnvironment {
  readonly #env: readonly string[];
  readonly #nothing: string;
  readonly #places: EnvironmentPlace[] = [];

  /**
   * @param env `K=V` byte strings, within the room
   * @param nothing stands for each variable that is not there yet: `=`, or what is no variable at all
   */
  constructor(env: readonly string[], nothing: '' | '=' = '') {
    this.#env = env;
    this.#nothing = nothing;
  }

  /** Imports of both namespaces. @param memory the guest's, once it has one */
  calls(memory: () => WebAssembly.Memory): WebAssembly.ModuleImports {
    const { entries, bytes: room } = ENVIRONMENT_ROOM;
    const view = (): DataView => new DataView(memory().buffer);
    return {
      environ_sizes_get: (count: number, bytes: number): number => {
        view().setUint32(count >>> 0, entries, true);
        view().setUint32(bytes >>> 0, room, true);
        return 0;
      },
      environ_get: (list: number, bytes: number): number => {
        const place = { list: list >>> 0, bytes: bytes >>> 0 };
        this.#write(memory().buffer, place);
        if (this.#places.length < MOST_PLACES) this.#places.push(place);
        return 0;
      },
    };
  }

  /** Where the strings still stand as they were written: a program that gave up the room has other things there. */
  places(buffer: ArrayBufferLike): EnvironmentPlace[] {
    const { entries, bytes } = ENVIRONMENT_ROOM;
    return this.#places.filter((place) => {
      const copy = buffer.slice(0);
      this.#write(copy, place);
      const isSame = (at: number, size: number): boolean =>
        Buffer.from(copy, at, size).equals(Buffer.from(buffer, at, size));
      return isSame(place.list, entries * 4) && isSame(place.bytes, bytes);
    });
  }

  #write(buffer: ArrayBufferLike, place: EnvironmentPlace): void {
    const { entries, bytes } = ENVIRONMENT_ROOM;
    const list = new DataView(buffer, place.list, entries * 4);
    const strings = Buffer.from(buffer, place.bytes, bytes).fill(0);
    const nothing = bytes - 1 - this.#nothing.length;
    strings.write(this.#nothing, nothing, 'latin1');
    let at = 0;
    for (let entry = 0; entry < entries; entry += 1) {
      const string = this.#env[entry];
      // What is not there yet is an empty string: no name, for those who count, and for those who do not.
      list.setUint32(entry * 4, place.bytes + (string === undefined ? nothing : at), true);
      if (string !== undefined) at += strings.write(string, at, 'latin1') + 1;
    }
  }
}
