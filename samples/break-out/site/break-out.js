// Makes the attempts, one after the other, and shows what came of each.

/** What the note outside of the program's directory says: who shows it has broken out. */
const NOTE = 'This note lies outside';
/** Of an answer, to look at. A flood is counted, not kept. */
const SHOWN_CHARACTERS = 2000;
const DEADLINE_MS = 30_000;

/** `held` of a sandboxed answer: what it was ended by. Without `plain` the plain attempt is made. */
const ATTEMPTS = [
  {
    name: 'traversal',
    title: 'Climb out by ..',
    about: 'Open files above the one directory that was given.',
    held: ({ text }) => !text.includes(NOTE) && count(text, ': ') === 4 && 'Every path refused',
  },
  {
    name: 'symlink',
    title: 'Follow a link out',
    about: 'A link in the directory leads to a file outside of it; then make such a link.',
    held: ({ text }) => !text.includes(NOTE) && text.includes('/room/link: ') && 'Not followed',
  },
  {
    name: 'write',
    title: 'Leave a file outside',
    about: 'Write to a directory next to the one that was given.',
    held: ({ text }) => text.includes('left.txt: Operation not permitted') && 'Nothing written',
  },
  {
    name: 'loop',
    title: 'Never end',
    about: 'An endless loop without a single call of the system. It may take three seconds.',
    held: ({ ms, status }) => status === 504 && `Ended after ${seconds(ms)}`,
    plain:
      'A CGI script may use the processor until RLimitCPU says no, which is not set by default.',
  },
  {
    name: 'memory',
    title: 'Take all the memory',
    about: 'Ask for eight megabytes, again and again, and use them.',
    held: ({ text }) => /No more memory after \d+ MB/.exec(text)?.[0],
    plain:
      'A CGI script has what the machine has until RLimitMEM says no, which is not set by default.',
  },
  {
    name: 'output',
    title: 'Flood the visitor',
    about: 'Print dots for ever.',
    held: ({ bytes, broken }) => broken && `Cut after ${Math.round(bytes / 1_048_576)} MB`,
    plain: 'A CGI script may print for ever: httpd passes on what comes.',
  },
  {
    name: 'files',
    title: 'Fill the disk',
    about: 'Open file after file, then write file after file.',
    held: ({ text }) =>
      /\S.* after \d+ open files/.test(text) &&
      / after \d+ files of/.test(text) &&
      'Two limits reached',
    plain: 'A CGI script may fill the disk, as far as quotas of the file system let its user.',
  },
];

const list = document.querySelector('#attempts');
const summary = document.querySelector('#summary');
const again = document.querySelector('#again');

again.addEventListener('click', () => void tryAll());
await tryAll();

async function tryAll() {
  again.disabled = true;
  const cards = ATTEMPTS.map((attempt) => cardOf(attempt));
  list.replaceChildren(...cards.map(({ section }) => section));
  // The first answer takes longer: the program is compiled.
  await timeNeighbour();
  let held = 0;
  for (const [index, attempt] of ATTEMPTS.entries()) {
    summary.textContent = `Attempt ${index + 1} of ${ATTEMPTS.length}.`;
    if (await tryOne(attempt, cards[index])) held += 1;
  }
  summary.textContent = `${held} of ${ATTEMPTS.length} attempts held.`;
  again.disabled = false;
}

/** @returns did the sandbox hold? */
async function tryOne({ name, held, plain }, card) {
  card.sandbox.verdict.textContent = 'trying';
  const neighbour = timeNeighbour();
  const answer = await ask(`sandbox?${name}`);
  const words = held(answer);
  judge(card.sandbox, words ? 'held' : 'out', words || `Status ${answer.status}`, answer.text);
  const ms = await neighbour;
  card.neighbour.textContent =
    ms === undefined
      ? 'The neighbour got no answer.'
      : `A neighbour was answered in ${Math.round(ms)} ms meanwhile.`;
  if (plain === undefined) {
    const { text, status } = await ask(`plain?${name}`);
    const out = text.includes(NOTE) || text.includes('written by');
    judge(card.plain, out ? 'out' : '', out ? 'Got out' : `Status ${status}`, text);
  }
  return Boolean(words) && ms !== undefined;
}

/** Milliseconds of another program's answer; undefined when there was none. */
async function timeNeighbour() {
  const start = performance.now();
  const answer = await fetch('/hello-wat', { cache: 'no-store' }).catch(() => undefined);
  return answer?.ok ? performance.now() - start : undefined;
}

async function ask(url) {
  const start = performance.now();
  const result = { status: 0, text: '', bytes: 0, broken: false, ms: 0 };
  try {
    const answer = await fetch(url, {
      cache: 'no-store',
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    result.status = answer.status;
    if (answer.headers.get('content-type')?.startsWith('text/html'))
      result.text = await titleOf(answer);
    else await read(answer, result);
  } catch {
    result.broken = true;
  }
  result.ms = performance.now() - start;
  return result;
}

/** An error page of the responder, in its few words. */
async function titleOf(answer) {
  return new DOMParser().parseFromString(await answer.text(), 'text/html').title;
}

async function read(answer, result) {
  const decoder = new TextDecoder();
  const reader = answer.body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    result.bytes += next.value.length;
    if (result.text.length < SHOWN_CHARACTERS)
      result.text += decoder.decode(next.value, { stream: true });
  }
}

function judge(side, kind, words, text) {
  side.verdict.className = `verdict ${kind}`;
  side.verdict.textContent = words;
  side.text.textContent = text.slice(0, SHOWN_CHARACTERS).trim();
  side.text.hidden = side.text.textContent === '';
}

function cardOf({ name, title, about, plain }) {
  const section = element('section', 'attempt');
  section.id = name;
  const sides = element('div', 'sides');
  const sandbox = sideOf('In the sandbox');
  const outside = sideOf('As plain CGI');
  if (plain !== undefined) {
    outside.verdict.textContent = 'not tried';
    outside.side.append(element('p', 'neighbour', plain));
  }
  const neighbour = element('p', 'neighbour');
  sandbox.side.append(neighbour);
  sides.append(sandbox.side, outside.side);
  section.append(element('h2', '', title), element('p', '', about), sides);
  return { section, sandbox, plain: outside, neighbour };
}

function sideOf(title) {
  const side = element('div', 'side');
  const verdict = element('span', 'verdict', 'waits');
  const text = element('pre');
  text.hidden = true;
  side.append(element('h3', '', title), verdict, text);
  return { side, verdict, text };
}

function element(name, className = '', text = '') {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function count(text, part) {
  return text.split(part).length - 1;
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}
