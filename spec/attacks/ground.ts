// Where the attack programs meet the server: a bed, the props in it, and one name for the preopen.

import { expect } from 'chai';
import type { Answer } from '../fcgi/client.js';
import { type Attack, Bed, statusOf } from './bed.js';
import { inodesOutside, Props } from './props.js';

/** What a program is run with beside what all get, and what its answer must be. */
export interface Row {
  /** Rounds that it makes. */
  readonly rounds?: number;
  /** Its variable HOW. */
  readonly how?: string;
  readonly status?: number;
  readonly limitMs?: number;
  /** A second preopen: another directory, read-only, or the attacked one, for writing. */
  readonly second?: 'other' | 'same';
  /** The attacked preopen is read-only. */
  readonly readOnly?: boolean;
  /** Least number of tries that make the run worth something. */
  readonly tries?: number;
  /** It runs from a snapshot, which `warm` has made. */
  readonly isWarm?: boolean;
}

const HOUR_MS = 3_600_000;

export class Ground {
  #props: Props | undefined;
  /** What each module's snapshots were made of; other files may get the numbers of earlier ones. */
  readonly #made = new Map<string, Set<string>>();

  private constructor(
    readonly bed: Bed,
    /** The guest's name of the preopen. */
    readonly guest: string,
  ) {}

  static async start(guest: string, options: Record<string, string> = {}): Promise<Ground> {
    return new Ground(await Bed.start(options), guest);
  }

  /** Plants all props anew. */
  async plant(): Promise<void> {
    await this.clearProps();
    this.#props = await Props.plant(this.bed.inside, this.bed.outside);
  }

  async clearProps(): Promise<void> {
    await this.#props?.clear();
    this.#props = undefined;
  }

  async clear(): Promise<void> {
    await this.clearProps();
    await this.bed.clear();
  }

  /**
   * Runs a program and holds its answer to the row.
   * @param guest its bytes, or else its name: guests/<first word of `program`>.wasm
   */
  async run(
    program: string,
    row: Row = {},
    guest: string | Uint8Array = guestOf(program),
  ): Promise<Answer> {
    const answer = await this.bed.attack(guest, this.optionsOf(row));
    const { status = 200, tries = status === 200 ? 1 : 0 } = row;
    expect(answer.stdout.match(/^THROUGH.*$/gm) ?? [], program).to.deep.equal([]);
    const said = this.bed.program.log.trimEnd().split('\n').slice(-3).join('\n');
    expect(statusOf(answer), `${program}: ${answer.stdout.slice(0, 500)}\n${said}`).to.equal(
      status,
    );
    if (tries > 0) expect(countOf(answer, 'tried'), program).to.be.at.least(tries);
    return answer;
  }

  /** Makes the snapshot that a program is to be run from. */
  async warm(program: string, row: Row): Promise<void> {
    const params = await this.bed.paramsOf(guestOf(program), this.optionsOf(row));
    const module = params['WASM_MODULE'] ?? '';
    const made = this.#made.get(module) ?? new Set();
    this.#made.set(module, made.add(JSON.stringify(params)));
    await this.bed.program.ask(params);
    await this.bed.program.logged(`snapshot-built module=${module}`, made.size);
  }

  optionsOf({
    rounds = 1,
    how = '',
    limitMs,
    second,
    readOnly = false,
    isWarm = false,
  }: Row): Partial<Attack> {
    const { bed, guest } = this;
    const preopens = bed.preopen(guest, readOnly);
    if (second === 'other') preopens.push(bed.other());
    if (second === 'same') preopens.push(...bed.preopen('/again'));
    return {
      args: [String(rounds), ...inodesOutside(bed.outside)],
      env: [
        ['HOW', how],
        ['BASE', guest === '/' ? '/' : `${guest}/`],
      ],
      preopens,
      ...(limitMs === undefined ? {} : { timeoutMs: limitMs }),
      ...(isWarm ? { snapshot: { maxAgeMs: HOUR_MS, watch: [] } } : {}),
    };
  }
}

function guestOf(program: string): string {
  return program.split(' ')[0] ?? '';
}

/** The number behind `what` in a program's report; -1 when there is none. */
export function countOf({ stdout }: Answer, what: string): number {
  return Number(new RegExp(`^${what} (\\d+)$`, 'm').exec(stdout)?.[1] ?? -1);
}
