import { expect } from 'chai';
import { createBell, ring, silence } from '../../lib/channel/bell.js';
import { MAILBOX_SLOTS, Mailbox, createMailboxMemory } from '../../lib/channel/mailbox.js';
import { packStrings, unpackStrings } from '../../lib/channel/strings.js';

const BOUND = 16 * 1024;

/** The two sides of one memory. */
function mailboxes(): { main: Mailbox; worker: Mailbox } {
  const memory = createMailboxMemory();
  return { main: new Mailbox(memory), worker: new Mailbox(memory) };
}

const question = (run: number, ...env: string[]) => ({
  run,
  slot: run % MAILBOX_SLOTS,
  grantSlot: 7,
  hasBody: false,
  env: packStrings(env),
});
const answer = (text: string, code = 0) => ({ code, micros: 9, stdout: Buffer.from(text) });

describe('mailbox', () => {
  it('hands over a question, once', () => {
    const { main, worker } = mailboxes();
    expect(worker.take()).to.equal(undefined);
    expect(main.ask(question(1, 'A=1', 'B=\xff\x80'))).to.equal(true);
    const taken = worker.take();
    expect(taken).to.deep.include({ run: 1, grantSlot: 7 });
    expect(taken && unpackStrings(taken.env)).to.deep.equal(['A=1', 'B=\xff\x80']);
    expect(worker.take()).to.equal(undefined);
  });

  it('shows nothing of a longer question before', () => {
    const { main, worker } = mailboxes();
    main.ask(question(1, `SECRET=${'x'.repeat(100)}`));
    worker.take();
    main.ask(question(2, 'A=1'));
    expect(worker.take()?.env).to.deep.equal({ count: 1, text: 'A=1' });
  });

  it('hands over as many as it has slots, in the order they were asked', () => {
    const { main, worker } = mailboxes();
    const runs = Array.from({ length: MAILBOX_SLOTS }, (_, index) => index + 5);
    for (const run of runs) main.ask(question(run, `RUN=${run}`));
    const taken = runs.map(() => worker.take());
    expect(taken.map((one) => one?.run)).to.deep.equal(runs);
    expect(taken.map((one) => one?.env.text)).to.deep.equal(runs.map((run) => `RUN=${run}`));
    expect(worker.take()).to.equal(undefined);
  });

  it('takes back a question that was not taken, and no other', () => {
    const { main, worker } = mailboxes();
    for (const run of [1, 2, 3]) main.ask(question(run));
    expect(main.withdraw(2, 2)).to.equal(true);
    expect(main.withdraw(2, 2)).to.equal(false);
    expect(main.withdraw(3, 2)).to.equal(false);
    expect([worker.take()?.run, worker.take()?.run, worker.take()]).to.deep.equal([
      1,
      3,
      undefined,
    ]);
    expect(main.withdraw(1, 1)).to.equal(false);
  });

  it('hands over an answer to the run that it belongs to', () => {
    const { main, worker } = mailboxes();
    expect(main.answerTo(3, 1)).to.equal(undefined);
    expect(worker.answer(3, 1, answer('hello', 0xffffffff))).to.equal(true);
    expect(main.answerTo(3, 2)).to.equal(undefined);
    expect(main.answerTo(2, 1)).to.equal(undefined);
    const { code, micros, stdout = new Uint8Array() } = main.answerTo(3, 1) ?? {};
    expect(code).to.equal(0xffffffff);
    expect(micros).to.equal(9);
    expect(Buffer.from(stdout).toString()).to.equal('hello');
  });

  it('gives the answer away for good', () => {
    const { main, worker } = mailboxes();
    worker.answer(0, 1, answer('first'));
    const first = main.answerTo(0, 1)?.stdout ?? new Uint8Array();
    worker.answer(0, 2, answer('other'));
    expect(Buffer.from(first).toString()).to.equal('first');
  });

  it('answers without output', () => {
    const { main, worker } = mailboxes();
    worker.answer(1, 1, { code: 3, micros: 9, stdout: undefined });
    expect(main.answerTo(1, 1)).to.deep.equal({ code: 3, micros: 9, stdout: undefined });
  });

  it('hands over what was offered, once, or gives it back', () => {
    const { main, worker } = mailboxes();
    expect(main.takeOffer(1)).to.equal(undefined);
    expect(worker.offer(1, Buffer.from('first'))).to.equal(true);
    expect(worker.takeBack(1, 5)).to.equal(true);
    expect(main.takeOffer(1)).to.equal(undefined);
    worker.offer(1, Buffer.from('second'));
    expect(main.takeOffer(2)).to.equal(undefined);
    expect(Buffer.from(main.takeOffer(1) ?? []).toString()).to.equal('second');
    expect(main.takeOffer(1)).to.equal(undefined);
    expect(worker.takeBack(1, 6)).to.equal(false);
  });

  for (const [bytes, fits] of [
    [BOUND - 1, true],
    [BOUND, true],
    [BOUND + 1, false],
  ] as const) {
    it(`${fits ? 'takes' : 'refuses'} ${bytes} bytes either way`, () => {
      const { main, worker } = mailboxes();
      const text = 'x'.repeat(bytes);
      expect(main.ask(question(1, text))).to.equal(fits);
      expect(worker.take()?.env.text).to.equal(fits ? text : undefined);
      expect(worker.answer(1, 1, answer(text))).to.equal(fits);
      expect(main.answerTo(1, 1)?.stdout?.length).to.equal(fits ? bytes : undefined);
      expect(worker.offer(2, Buffer.from(text))).to.equal(fits);
      expect(main.takeOffer(2)?.length).to.equal(fits ? bytes : undefined);
    });
  }
});

describe('bell', () => {
  it('rings once until somebody looks', () => {
    const bell = createBell();
    expect([ring(bell), ring(bell), ring(bell)]).to.deep.equal([true, false, false]);
    silence(bell);
    expect([ring(bell), ring(bell)]).to.deep.equal([true, false]);
  });
});
