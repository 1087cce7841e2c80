// poll_oneoff: sleeping and waiting for input, never past the run's deadline.

import { EventType, SUBSCRIPTION_CLOCK_ABSTIME, ClockId, VECTORS_MAX } from './abi.js';
import { clockNs } from './clock.js';
import { Fault, errnoOf } from './errno.js';
import type { Guest } from './guest.js';
import { InputStream } from './stdio.js';

const EVENT_BYTES = 32;
/** A wait is cut into pieces that a timer can hold. */
const WAIT_MAX_MS = 1_000_000_000;

/** Where the fields of a subscription lie: wasi_unstable has one more before the clock's. */
export interface SubscriptionLayout {
  readonly bytes: number;
  readonly clock: number;
}
const SUBSCRIPTION: SubscriptionLayout = { bytes: 48, clock: 16 };
export const UNSTABLE_SUBSCRIPTION: SubscriptionLayout = { bytes: 56, clock: 24 };

interface Event {
  readonly userdata: bigint;
  readonly type: number;
  readonly errno: number;
  readonly bytes: number;
}

interface Clock {
  readonly userdata: bigint;
  /** On the run's monotonic clock. */
  readonly dueNs: bigint;
}

/** What one call asks for, sorted by what is to be done. */
class Poll {
  readonly ready: Event[] = [];
  readonly clocks: Clock[] = [];
  readonly inputs: { readonly userdata: bigint; readonly stream: InputStream }[] = [];

  constructor(
    private readonly guest: Guest,
    private readonly layout: SubscriptionLayout,
  ) {}

  subscribe(start: number): void {
    const { view } = this.guest.memory;
    const userdata = view.getBigUint64(start, true);
    const type = view.getUint8(start + 8);
    try {
      if (type === EventType.CLOCK) this.#subscribeClock(start + this.layout.clock, userdata);
      else this.#subscribeFd(view.getUint32(start + 16, true), type, userdata);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      this.ready.push({ userdata, type, errno, bytes: 0 });
    }
  }

  #subscribeClock(start: number, userdata: bigint): void {
    const { view } = this.guest.memory;
    const clock = view.getUint32(start, true);
    const timeout = view.getBigUint64(start + 8, true);
    const absolute = (view.getUint16(start + 24, true) & SUBSCRIPTION_CLOCK_ABSTIME) !== 0;
    if (clock !== ClockId.REALTIME && clock !== ClockId.MONOTONIC) throw new Fault('EINVAL');
    const wait = absolute ? timeout - clockNs(this.guest, clock) : timeout;
    this.clocks.push({ userdata, dueNs: this.guest.monotonicNs() + wait });
  }

  #subscribeFd(fd: number, type: number, userdata: bigint): void {
    if (type !== EventType.FD_READ && type !== EventType.FD_WRITE) throw new Fault('EINVAL');
    const descriptor = this.guest.fds.get(fd);
    if (type === EventType.FD_READ) {
      const bytes = descriptor.readable();
      if (bytes === undefined && descriptor instanceof InputStream) {
        this.inputs.push({ userdata, stream: descriptor });
        return;
      }
      this.ready.push({ userdata, type, errno: 0, bytes: bytes ?? 0 });
    } else this.ready.push({ userdata, type, errno: 0, bytes: 65_536 });
  }

  /** Adds what has become ready; false when nothing is. */
  collect(): boolean {
    const now = this.guest.monotonicNs();
    for (const { userdata, dueNs } of this.clocks) {
      if (dueNs <= now) this.ready.push({ userdata, type: EventType.CLOCK, errno: 0, bytes: 0 });
    }
    for (const { userdata, stream } of this.inputs) {
      const bytes = stream.readable();
      if (bytes !== undefined) {
        this.ready.push({ userdata, type: EventType.FD_READ, errno: 0, bytes });
      }
    }
    return this.ready.length > 0;
  }

  /** Waits for input or the first clock, whichever is sooner, or a piece of that. */
  wait(): void {
    let ms = WAIT_MAX_MS;
    const now = this.guest.monotonicNs();
    for (const { dueNs } of this.clocks) ms = Math.min(ms, Number(dueNs - now) / 1e6);
    ms = Math.max(0, ms);
    const [input] = this.inputs;
    if (input === undefined) this.guest.process.wait(() => false, ms);
    else input.stream.source.wait(ms);
  }
}

function write(guest: Guest, pointer: number, { userdata, errno, type, bytes }: Event): void {
  const { view } = guest.memory;
  const start = guest.memory.at(pointer, EVENT_BYTES);
  view.setBigUint64(start, userdata, true);
  view.setUint32(start + 8, errno | (type << 16), true);
  view.setUint32(start + 12, 0, true);
  view.setBigUint64(start + 16, BigInt(bytes), true);
  view.setBigUint64(start + 24, 0n, true);
}

/** poll_oneoff for subscriptions of this layout. */
export function pollOneoff(
  layout: SubscriptionLayout,
  guest: Guest,
  subscriptions: number,
  events: number,
  count: number,
  stored: number,
): void {
  if (count >>> 0 > VECTORS_MAX || count === 0) throw new Fault('EINVAL');
  const start = guest.memory.at(subscriptions, count * layout.bytes);
  const target = guest.memory.at(events, count * EVENT_BYTES);
  guest.memory.at(stored, 4);
  const poll = new Poll(guest, layout);
  for (let i = 0; i < count; i++) poll.subscribe(start + i * layout.bytes);
  if (!poll.collect()) {
    guest.flush();
    do poll.wait();
    while (!poll.collect());
  }
  for (const [i, event] of poll.ready.entries()) write(guest, target + i * EVENT_BYTES, event);
  guest.memory.setU32(stored, poll.ready.length);
}

export const pollCalls = {
  poll_oneoff: (guest: Guest, subs: number, events: number, count: number, stored: number) =>
    pollOneoff(SUBSCRIPTION, guest, subs, events, count, stored),
};
