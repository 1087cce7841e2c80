// What can be asked for: each is one answer, made by each rival in its own way.

/**
 * c: bench/guests/<name>.c, a command or a component. php, python, ruby, perl: bench/pages/<name>, by the interpreter. wsgi:
 * an application of Python, bench/pages/<name>.py. sqlite: bench/pages/query.sql, by the command line program.
 * wordpress: a site that is laid out (wordpress.ts).
 */
export type Language = 'c' | 'php' | 'python' | 'wsgi' | 'ruby' | 'perl' | 'sqlite' | 'wordpress';

/** As which WordPress is asked: its snapshot is for one host. */
export const WORDPRESS_HOST = 'localhost';

/** Directory in the stage of a rival's own WordPress: what others write to theirs is not in it. */
export function siteOf(rival: string): string {
  return `sites/${rival}`;
}

export interface Program {
  readonly name: string;
  readonly language: Language;
  /** For `down`: how many bytes to send. */
  readonly bytes?: number;
  /** Of the URL, behind the path: more of it, or a question mark and a query. */
  readonly rest?: string;
}

const EXTENSIONS = { php: '.php', python: '.py', ruby: '.rb', perl: '.pl' } as const;

/** File of the page that an interpreter is given. */
export function pageOf(name: string, language: keyof typeof EXTENSIONS): string {
  return name + EXTENSIONS[language];
}

/** Path below `/<rival>/` where the program is served. PHP is told by the extension. */
export function pathOf({ name, language }: Program): string {
  if (language === 'wordpress') return 'wordpress/';
  return language === 'php' ? pageOf(name, language) : name;
}

/** What follows the path in the URL. */
export function restOf({ bytes, rest = '' }: Program): string {
  return bytes === undefined ? rest : `?${bytes}`;
}
