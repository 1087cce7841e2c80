// What can be asked for: each is one answer, made by each rival in its own way.

/**
 * c: bench/guests/<name>.c, a command or a component. php, python, ruby: bench/pages/<name>, by the interpreter. sqlite:
 * bench/pages/query.sql, by the command line program. wordpress: an installation that is given.
 */
export type Language = 'c' | 'php' | 'python' | 'ruby' | 'sqlite' | 'wordpress';

export interface Program {
  readonly name: string;
  readonly language: Language;
  /** For `down`: how many bytes to send. */
  readonly bytes?: number;
}

const EXTENSIONS = { php: '.php', python: '.py', ruby: '.rb' } as const;

/** File of the page that an interpreter is given. */
export function pageOf(name: string, language: keyof typeof EXTENSIONS): string {
  return name + EXTENSIONS[language];
}

/** Path below `/<rival>/` where the program is served. PHP is told by the extension. */
export function pathOf({ name, language }: Program): string {
  if (language === 'wordpress') return 'wordpress/';
  return language === 'php' ? pageOf(name, language) : name;
}

/** What follows the path, question mark included. */
export function queryOf({ bytes }: Program): string {
  return bytes === undefined ? '' : `?${bytes}`;
}
