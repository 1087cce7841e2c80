// A CGI program in JavaScript: numbers of any size, computed by QuickJS's BigInt.

import * as std from 'std';

const MOST_DIGITS = 2000;

function escapeHtml(text) {
  return String(text).replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function parameters(query) {
  const pairs = query
    .split('&')
    .map((pair) => pair.split('=').map((part) => part.replaceAll('+', ' ')));
  return new Map(
    pairs.map(([name, value = '']) => [decodeURIComponent(name), decodeURIComponent(value)]),
  );
}

function factorial(n) {
  let product = 1n;
  for (let factor = 2n; factor <= n; factor += 1n) product *= factor;
  return product;
}

function fibonacci(n) {
  let [a, b] = [0n, 1n];
  for (let step = 0n; step < n; step += 1n) [a, b] = [b, a + b];
  return a;
}

const FUNCTIONS = new Map([
  ['factorial', factorial],
  ['fibonacci', fibonacci],
  ['square', (n) => n * n],
]);

function compute(name, text) {
  const of = FUNCTIONS.get(name);
  if (of === undefined) return { status: 400, fault: `There is no function ${name}.` };
  if (!/^\d{1,4}$/.test(text)) return { status: 400, fault: 'The number must be 0 to 9999.' };
  return { status: 200, result: of(BigInt(text)).toString() };
}

function page({ result, fault }, name, text) {
  const options = [...FUNCTIONS.keys()].map(
    (key) => `<option${key === name ? ' selected' : ''}>${key}`,
  );
  const shown =
    result === undefined
      ? ''
      : `${result.slice(0, MOST_DIGITS)}${result.length > MOST_DIGITS ? ' …' : ''}`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Big numbers</title>
<link rel="stylesheet" href="/style.css">
<p><a href="/">All programs</a></p>
<h1>Big numbers</h1>
<form>
  <select name="f">${options.join('')}</select>
  <input name="n" value="${escapeHtml(text)}" size="6"> <button>Compute</button>
</form>
${fault === undefined ? `<p>${result.length} digits:</p><p>${shown}</p>` : `<p class="refused">${escapeHtml(fault)}</p>`}
</html>`;
}

const given = parameters(std.getenv('QUERY_STRING') ?? '');
const name = given.get('f') ?? 'factorial';
const text = given.get('n') ?? '100';
const answer = compute(name, text);
print(`Status: ${answer.status}\nContent-Type: text/html; charset=utf-8\n`);
print(page(answer, name, text));
