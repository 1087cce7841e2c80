// How well can a text be read on its ground? The contrast of two colours as WCAG defines it: JSON for
// programs, a page for people. It answers fetch events, as a service worker does.

const LEAST = { AA: { normal: 4.5, large: 3 }, AAA: { normal: 7, large: 4.5 } };
const METHODS = 'GET, HEAD, POST';
/** The colours of a visitor who has named none yet. */
const FIRST = { text: '#5b3fd6', on: '#f6f5f2' };
/** Characters of a pair in JSON: far more than two colours take. */
const LONGEST = 1_000;
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** What is wrong with a request, and the status that says so. */
class Fault extends Error {
  constructor(message, status = 400, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

addEventListener('fetch', (event) => event.respondWith(answer(event.request)));

async function answer(request) {
  try {
    if (request.method === 'POST') return await answerBody(request);
    // The server leaves out the body of what it answers to a HEAD.
    if (request.method === 'GET' || request.method === 'HEAD') return answerQuery(request);
    throw new Fault(`${request.method} is none of ${METHODS}`, 405, { allow: METHODS });
  } catch (fault) {
    return json({ error: messageOf(fault) }, fault);
  }
}

function answerQuery(request) {
  const asked = Object.fromEntries(new URL(request.url).searchParams);
  if (request.headers.get('accept')?.includes('text/html')) {
    return page('text' in asked || 'on' in asked ? asked : { ...FIRST, ...cookiesOf(request) });
  }
  return json(judge(asked), { headers: { vary: 'accept' } });
}

/** A pair as JSON, or as many pairs as there are lines. */
async function answerBody(request) {
  const type = request.headers.get('content-type')?.split(';')[0].trim().toLowerCase();
  if (type === 'application/json') return json(judge(parse(await readText(request.body))));
  if (type === 'application/x-ndjson') {
    return new Response(request.body?.pipeThrough(judging()), {
      headers: { 'content-type': type },
    });
  }
  const fault = `content-type is ${type}, not application/json or application/x-ndjson`;
  throw new Fault(fault, 415, { 'accept-post': 'application/json, application/x-ndjson' });
}

/** @returns a body of at most LONGEST characters */
async function readText(body) {
  const decoder = new TextDecoder();
  const reader = body?.getReader();
  let text = '';
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    text += decoder.decode(value, { stream: !done });
    if (text.length > LONGEST) throw new Fault(`the body has over ${LONGEST} characters`, 413);
    if (done) return text;
  }
}

/** Answers each line as soon as it is there: neither the list nor its answers are ever held whole. */
function judging() {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let rest = '';
  const take = (text, controller) => {
    const lines = (rest + text).split('\n');
    // What is longer than a pair is wrong already, so that no more of it is kept.
    rest = lines.pop().slice(0, LONGEST + 1);
    const answers = lines.filter((line) => line.trim() !== '').map(judgeLine);
    if (answers.length > 0) controller.enqueue(encoder.encode(answers.join('')));
  };
  return new TransformStream({
    transform: (bytes, controller) => take(decoder.decode(bytes, { stream: true }), controller),
    flush: (controller) => take(`${decoder.decode()}\n`, controller),
  });
}

function judgeLine(line) {
  let said;
  try {
    if (line.length > LONGEST) throw new Fault(`the line has over ${LONGEST} characters`);
    said = judge(parse(line));
  } catch (fault) {
    said = { error: messageOf(fault) };
  }
  return `${JSON.stringify(said)}\n`;
}

/** What to tell the client. @throws what is no fault of the request: it ends the run and is logged */
function messageOf(fault) {
  if (fault instanceof Fault) return fault.message;
  throw fault;
}

function parse(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Fault(`this is no JSON: ${error.message}`);
  }
  if (typeof value !== 'object' || value === null) throw new Fault('this is no JSON object');
  return value;
}

/** @returns both colours, their ratio, and what of WCAG it is enough for */
function judge({ text, on }) {
  const colours = { text: readColour('text', text), on: readColour('on', on) };
  const [dark, light] = Object.values(colours)
    .map(luminance)
    .sort((a, b) => a - b);
  const ratio = (light + 0.05) / (dark + 0.05);
  // Cut, not rounded: 4.499 is not enough, and must not look as if it were.
  const verdict = { ...colours, ratio: Math.floor(ratio * 100) / 100 };
  for (const [level, sizes] of Object.entries(LEAST)) {
    const passed = Object.entries(sizes).map(([size, least]) => [size, ratio >= least]);
    verdict[level] = Object.fromEntries(passed);
  }
  return verdict;
}

/** @returns it as #rrggbb */
function readColour(name, value) {
  if (value === undefined) throw new Fault(`${name} is missing: a colour as #c00 or #cc0000`);
  const [, digits] = /^#?([\da-f]{3}|[\da-f]{6})$/i.exec(value) ?? [];
  if (digits === undefined || typeof value !== 'string') {
    throw new Fault(`${name} is ${JSON.stringify(value)}, not a colour as #c00 or #cc0000`);
  }
  const long = digits.length === 3 ? digits.replace(/./g, '$&$&') : digits;
  return `#${long.toLowerCase()}`;
}

/** Relative luminance of a colour in sRGB, 0..1. */
function luminance(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function json(value, { status = 200, headers = {} } = {}) {
  const text = `${JSON.stringify(value, undefined, 2)}\n`;
  return new Response(text, {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** The form with its answer. The colours are remembered, in a cookie each. */
function page(asked) {
  const headers = new Headers({ 'content-type': 'text/html', vary: 'accept, cookie' });
  let verdict;
  let fault;
  try {
    verdict = judge(asked);
    for (const name of ['text', 'on']) {
      const cookie = `${name}=${verdict[name].slice(1)}; Path=/contrast; HttpOnly; SameSite=Lax`;
      headers.append('set-cookie', cookie);
    }
  } catch (error) {
    fault = messageOf(error);
  }
  const said = fault === undefined ? result(verdict) : `<p class="refused">${escape(fault)}</p>`;
  return new Response(html(verdict ?? FIRST, said), {
    status: fault === undefined ? 200 : 400,
    headers,
  });
}

function result({ text, on, ratio, AA, AAA }) {
  return `<p class="entry" style="color: ${text}; background: ${on}">
Contrast is the difference in light between a text and its ground.</p>
<h2>${ratio} : 1</h2>
<table>${rows('AA', AA)}${rows('AAA', AAA)}</table>`;
}

function rows(level, { normal, large }) {
  return `<tr><th>${level}</th><td>${word(normal)}</td></tr>
<tr><th>${level}, large text</th><td>${word(large)}</td></tr>`;
}

function word(passes) {
  return passes ? 'enough' : '<span class="refused">too little</span>';
}

function html({ text, on }, said) {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Contrast</title>
<link rel="stylesheet" href="/style.css">
<style>input { width: 3.5rem; height: 2.5rem; padding: 0.3rem; vertical-align: middle; }</style>
<p><a href="/">All programs</a></p>
<h1>Contrast of two colours</h1>
<form action="/contrast">
<label>Text <input type="color" name="text" value="${text}"></label>
<label>on <input type="color" name="on" value="${on}"></label>
<button>Compare</button>
</form>
${said}
<p><a href="/about/contrast.html">Configuration and source</a></p>
</html>
`;
}

function escape(text) {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]);
}

function cookiesOf(request) {
  const pairs = request.headers.get('cookie')?.split('; ') ?? [];
  return Object.fromEntries(pairs.map((pair) => pair.split('=')));
}
