// Programs that show random values, asked many times: what is the same in two answers.

import { expect } from 'chai';
import type { Httpd } from '../../apache/httpd.js';
import { ask } from '../apache/bed.js';

/** Requests that are compared. */
export const ROUNDS = 12;

/** What the programs that show random values answer. */
interface Shown {
  /** Tells one start of the program from another. */
  readonly token: string;
  /** Requests that this memory has seen. */
  readonly counted: number;
  readonly query: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** How many starts so many requests have needed, and what was the same in two of them. */
export async function repeatedAt(
  httpd: Httpd,
  url: string,
  name: string,
): Promise<[number, string[]]> {
  const queries = Array.from({ length: ROUNDS }, (_, round) => `${name}-${round}`);
  const answers = await Promise.all(queries.map((query) => ask(httpd, `${url}?${query}`)));
  const shown: Shown[] = answers.map(({ text }) => JSON.parse(text));
  expect(shown.map(({ query }) => query)).to.deep.equal(queries);
  expect(new Set(shown.map(({ counted }) => counted))).to.deep.equal(new Set([1]));
  const names = Object.keys(shown[0]?.values ?? {});
  expect(names).to.have.length.greaterThan(4);
  const distinct = (of: (one: Shown) => unknown): number =>
    new Set(shown.map((one) => JSON.stringify(of(one)))).size;
  const repeated = names.filter((each) => distinct(({ values }) => values[each]) < ROUNDS);
  return [distinct(({ token }) => token), repeated];
}
