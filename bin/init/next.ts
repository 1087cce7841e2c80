// What comes after: httpd reads its new configuration, and a first program answers.

import { setTimeout as delay } from 'node:timers/promises';

import { harmless } from '../terminal.js';
import type { Found } from './found.js';
import { originOf } from './httpd.js';
import { serviceWords } from './layouts.js';
import { runOrThrow, shellText } from './shell.js';
import { say } from './show.js';

/** A responder that starts with httpd is there within a second or two. */
const PATIENCE_MS = 20_000;
const PAUSE_MS = 200;

/**
 * Says what to type, or does it.
 * @param reload make httpd read its configuration, or start it, and ask for the example
 * @throws Error when it does not answer as it should
 */
export async function sayNext(found: Found, url: string, reload: boolean): Promise<void> {
  const { layout, httpd } = found;
  const words = await serviceWords(layout, httpd, httpd.isRunning ? 'reload' : 'start');
  const page = `${await originOf(httpd)}${url}`;
  if (reload) {
    await runOrThrow(words);
    say(`✓ run ${shellText(words)}`);
    say(`✓ GET ${page}: ${harmless((await answerOf(page)).trim())}`);
  } else {
    say(`Then: ${shellText(words)}`);
    say(`Try:  curl ${page}`);
  }
}

async function answerOf(page: string): Promise<string> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const { text, fault } = await attempt(page);
    if (fault === undefined) return text;
    if (Date.now() > deadline)
      throw new Error(`GET ${page}: ${fault}; httpd's error log has the reason`);
    await delay(PAUSE_MS);
  }
}

/** httpd says that it reloads before it has: what an old one answers counts for nothing. */
async function attempt(page: string): Promise<{ text: string; fault?: string }> {
  try {
    const answer = await fetch(page, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const text = await answer.text();
    return answer.ok ? { text } : { text, fault: `status ${answer.status}` };
  } catch (thrown) {
    const reason = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown;
    return { text: '', fault: reason instanceof Error ? reason.message : String(reason) };
  }
}
