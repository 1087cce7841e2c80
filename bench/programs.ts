// What can be asked for: each is one answer, made by each rival in its own way.

/** C: bench/guests/<name>.c. Else bench/pages/<name>, by an interpreter. */
type Language = 'c' | 'php' | 'python' | 'ruby';

export interface Program {
  readonly name: string;
  readonly language: Language;
  /** For `down`: how many bytes to send. */
  readonly bytes?: number;
}

/** File of the page that the interpreters of the language are given. */
export function pageOf({ name, language }: Program): string {
  const extension = { c: 'c', php: 'php', python: 'py', ruby: 'rb' }[language];
  return `${name}.${extension}`;
}

/** Path below `/<rival>/` where the program is served. PHP is told by the extension. */
export function pathOf(program: Program): string {
  return program.language === 'php' ? pageOf(program) : program.name;
}

/** What follows the path, question mark included. */
export function queryOf({ bytes }: Program): string {
  return bytes === undefined ? '' : `?${bytes}`;
}
