// Requests in parallel while something happens to the server, every one of them counted.

import { type Answer, ask } from './bed.js';
import type { Httpd } from '../../apache/httpd.js';

const PARALLEL = 8;
/** Requests before the event, and after it, at least. */
const AROUND = 100;

/** Clients that ask for one URL again and again, each as soon as it was answered. */
export class Load {
  /** Requests that got what they should. */
  right = 0;
  /** Requests that were turned away in order: 503 with Retry-After. */
  shed = 0;
  /** What came instead, one line a request. */
  readonly wrong: string[] = [];
  readonly #since = performance.now();
  readonly #clients: Promise<void>[];
  #waiters: { readonly at: number; readonly go: () => void }[] = [];
  #over = false;

  /** @param isRight what a good answer is; 200 unless said */
  constructor(
    readonly httpd: Httpd,
    readonly url: string,
    readonly parallel = PARALLEL,
    readonly isRight: (answer: Answer) => boolean = ({ status }) => status === 200,
  ) {
    this.#clients = Array.from({ length: parallel }, () => this.#client());
  }

  get requests(): number {
    return this.right + this.shed + this.wrong.length;
  }

  /** Requests per second since the start. */
  get rate(): number {
    return (this.requests / (performance.now() - this.#since)) * 1000;
  }

  /** Resolves once so many more requests have ended, in whatever way. */
  more(count: number): Promise<void> {
    return new Promise((go) => this.#waiters.push({ at: this.requests + count, go }));
  }

  /** Starts no more requests. Resolves when the last one has ended. */
  async stop(): Promise<this> {
    this.#over = true;
    await Promise.all(this.#clients);
    return this;
  }

  async #client(): Promise<void> {
    while (!this.#over) {
      try {
        this.#count(await ask(this.httpd, this.url));
      } catch (thrown) {
        this.wrong.push(String(thrown));
        // httpd has ended: nothing will be answered any more, and nobody may wait for it.
        if (String(thrown).includes('ECONNREFUSED')) this.#over = true;
      }
      const due = this.#waiters.filter(({ at }) => this.#over || at <= this.requests);
      this.#waiters = this.#waiters.filter((waiter) => !due.includes(waiter));
      for (const { go } of due) go();
    }
  }

  #count(answer: Answer): void {
    const { status, headers, text } = answer;
    if (this.isRight(answer)) this.right += 1;
    else if (status === 503 && headers['retry-after'] !== undefined) this.shed += 1;
    else this.wrong.push(`${status} ${text.slice(0, 80)}`);
  }
}

/** Keeps asking for `url`, and lets `event` happen in the midst of it. */
export async function underLoad(
  httpd: Httpd,
  url: string,
  event: () => Promise<unknown>,
): Promise<{ parallel: number; answered: number; failed: number; wrong: readonly string[] }> {
  const load = new Load(httpd, url);
  await load.more(AROUND);
  await event();
  await load.more(AROUND);
  const { parallel, right, shed, wrong } = await load.stop();
  return { parallel, answered: right, failed: shed + wrong.length, wrong };
}
