import { expect } from 'chai';
import { createBell, ring, silence } from '../../lib/channel/bell.js';
import { Mailbox, createMailboxMemory } from '../../lib/channel/mailbox.js';
import { packStrings, unpackStrings } from '../../lib/channel/strings.js';

const BOUND = 16 * 1024;

/** The two sides of one memory. */
function mailboxes(): { main: Mailbox; worker: Mailbox } {
  const memory = createMailboxMemory();
  return { main: new Mailbox(memory), worker: new Mailbox(memory) };
}

const question = (run: number, ...env: string[]) => ({ run, grantSlot: 7, env: packStrings(env) });

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

  it('hands over an answer to the run that it belongs to', () => {
    const { main, worker } = mailboxes();
    expect(main.answerTo(1)).to.equal(undefined);
    expect(worker.answer(1, 0xffffffff, Buffer.from('hello'))).to.equal(true);
    expect(main.answerTo(2)).to.equal(undefined);
    const { code, stdout = new Uint8Array() } = main.answerTo(1) ?? {};
    expect(code).to.equal(0xffffffff);
    expect(Buffer.from(stdout).toString()).to.equal('hello');
  });

  it('gives the answer away for good', () => {
    const { main, worker } = mailboxes();
    worker.answer(1, 0, Buffer.from('first'));
    const first = main.answerTo(1)?.stdout ?? new Uint8Array();
    worker.answer(2, 0, Buffer.from('other'));
    expect(Buffer.from(first).toString()).to.equal('first');
  });

  it('answers without output', () => {
    const { main, worker } = mailboxes();
    worker.answer(1, 3);
    expect(main.answerTo(1)).to.deep.equal({ code: 3, stdout: undefined });
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
      expect(worker.answer(1, 0, Buffer.from(text))).to.equal(fits);
      expect(main.answerTo(1)?.stdout?.length).to.equal(fits ? bytes : undefined);
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
