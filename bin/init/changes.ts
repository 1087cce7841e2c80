// A plan as data: what init would change, in order. A dry run prints it, --apply does it.

/** Where the bytes of a file come from. */
export type Content =
  | { readonly from: 'text'; readonly text: string }
  | { readonly from: 'copy'; readonly file: string }
  /** mod_wasm.so, made by make and apxs. `stamp` names the state of its sources and its httpd. */
  | {
      readonly from: 'build';
      readonly sources: string;
      readonly apxs: string;
      readonly stamp: string;
    }
  /** A key that nobody knows; one that is there stays. */
  | { readonly from: 'chance' };

export type Change =
  | {
      readonly kind: 'write';
      readonly path: string;
      readonly mode: number;
      /** Group id of the file; that of who writes it when absent. */
      readonly group?: number;
      readonly content: Content;
    }
  /** Removes a file whose content is one of `sums`; another one is set aside. */
  | { readonly kind: 'remove'; readonly path: string; readonly sums: readonly string[] }
  /** One line of a file that is not ours, there or gone. */
  | { readonly kind: 'line'; readonly path: string; readonly line: string; readonly there: boolean }
  /** Commands of the distribution. Afterwards `marker` is there, or not. */
  | {
      readonly kind: 'run';
      readonly words: readonly string[];
      readonly undo: readonly string[];
      readonly marker: string;
      readonly there: boolean;
    };

/** Ends the name of a file that was not as init left it, and is in the way. */
export const SET_ASIDE = '.saved';
