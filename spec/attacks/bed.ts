// One server, a tree that guests are granted part of, and the checks after every attack.

import { expect } from 'chai';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Preopen } from '../../lib/run.js';
import type { Answer } from '../fcgi/client.js';
import { HELLO } from '../pool/guests.js';
import { type Program, signedParams, startProgram } from '../program.js';

const GUESTS = 'spec/attacks/guests';
const OPTIONS = { '--workers': '3', '--timeout': '10s', '--queue-timeout': '30s' };
const SECRET = 'secret of the host\n';
/** Longer than anything a loaded machine needs to close descriptors. */
const PATIENCE_MS = 20_000;

export type Attack = Parameters<typeof signedParams>[0];

export class Bed {
  /** What a guest is granted; anybody may write there and around it: permissions hold nothing. */
  readonly inside: string;
  readonly outside: string;
  /** Another directory to grant. */
  readonly #other: string;
  readonly #before: string;

  private constructor(
    readonly program: Program,
    readonly hello: string,
  ) {
    const tree = join(program.directory, 'tree');
    this.inside = join(tree, 'inside');
    this.outside = join(tree, 'outside');
    this.#other = join(tree, 'other');
    for (const directory of [
      tree,
      this.inside,
      this.outside,
      join(this.outside, 'd'),
      this.#other,
    ]) {
      mkdirSync(directory);
      chmodSync(directory, 0o777);
    }
    for (const file of ['secret', 'd/secret', 'd/other']) {
      writeFileSync(join(this.outside, file), SECRET);
      chmodSync(join(this.outside, file), 0o666);
    }
    writeFileSync(join(this.#other, 'file'), SECRET);
    chmodSync(join(this.#other, 'file'), 0o666);
    this.#before = this.#hash();
  }

  /** @param options of the command line of `serve`, instead of or beside the usual ones */
  static async start(options: Readonly<Record<string, string>> = {}): Promise<Bed> {
    const program = await startProgram(Object.entries({ ...OPTIONS, ...options }).flat());
    const bed = new Bed(program, await program.guest('hello.wasm', HELLO));
    await bed.servesOn();
    return bed;
  }

  /** Runs a guest from guests/, or one of these bytes. */
  async attack(
    guest: string | Uint8Array,
    attack: Partial<Attack> = {},
    body = '',
  ): Promise<Answer> {
    return this.program.ask(await this.paramsOf(guest, attack), body);
  }

  /** The params of such a request. */
  async paramsOf(
    guest: string | Uint8Array,
    attack: Partial<Attack> = {},
  ): Promise<Record<string, string>> {
    const bytes = typeof guest === 'string' ? readFileSync(join(GUESTS, `${guest}.wasm`)) : guest;
    const name = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    const module = join(this.program.directory, `${name}.wasm`);
    // Written once, and at once: another run may be reading it.
    if (!existsSync(module)) writeFileSync(module, bytes, { mode: 0o644 });
    return signedParams({ module, ...attack });
  }

  /** Preopen of `inside` under this name. */
  preopen(guest: string, readOnly = false): Preopen[] {
    return [{ guest, host: this.inside, readOnly }];
  }

  /** Preopen, read-only, of a directory beside `inside` with a file in it. */
  other(): Preopen {
    return { guest: '/other', host: this.#other, readOnly: true };
  }

  /** A directory in `inside` or `outside`, or anywhere else in the tree, that anybody may write to. */
  makeDirectory(path: string): void {
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o777);
  }

  /** Nothing outside has changed, no descriptor stays, and the same process serves on. */
  async held(): Promise<void> {
    expect(this.#hash(), 'what lies outside').to.equal(this.#before);
    await this.servesOn();
    await this.descriptorsGone();
  }

  async servesOn(): Promise<void> {
    const { stdout } = await this.program.ask(signedParams({ module: this.hello }));
    expect(stdout).to.match(/hello\n$/);
    expect([this.program.child.exitCode, this.program.child.signalCode]).to.deep.equal([
      null,
      null,
    ]);
  }

  /** Threads that were ended by force let go of their descriptors a moment later. */
  async descriptorsGone(): Promise<void> {
    const giveUp = performance.now() + PATIENCE_MS;
    while (this.#descriptors().length > 0 && performance.now() < giveUp) await setTimeout(20);
    expect(this.#descriptors(), 'descriptors that stay open').to.deep.equal([]);
  }

  /** What the server holds open in the tree. */
  #descriptors(): string[] {
    const directory = `/proc/${this.program.child.pid}/fd`;
    return readdirSync(directory)
      .map((fd) => {
        try {
          return readlinkSync(join(directory, fd));
        } catch {
          return '';
        }
      })
      .filter((target) => target.startsWith(join(this.program.directory, 'tree')));
  }

  /** Names, kinds, owners, link counts, times of change and contents of all that lies outside. */
  #hash(): string {
    const hash = createHash('sha256');
    const add = (path: string): void => {
      const stat = lstatSync(path, { bigint: true });
      const { mode, uid, nlink, size, mtimeNs, ctimeNs, ino } = stat;
      hash.update(`${path} ${mode} ${uid} ${nlink} ${size} ${mtimeNs} ${ctimeNs} ${ino}\n`);
      if (stat.isDirectory()) for (const name of readdirSync(path).sort()) add(join(path, name));
      else hash.update(stat.isSymbolicLink() ? readlinkSync(path) : readFileSync(path));
    };
    add(this.outside);
    // Granted read-only, if at all.
    add(this.#other);
    hash.update(readdirSync(join(this.inside, '..')).sort().join('\n'));
    return hash.digest('hex');
  }

  clear(): Promise<void> {
    return this.program.clear();
  }
}

export function statusOf({ stdout }: Answer): number {
  return Number(/^Status: (\d+)/.exec(stdout)?.[1]);
}
