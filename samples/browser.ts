// A Chromium of the system that asks nobody but the page's own server.

import { type Browser, chromium } from 'playwright-core';

const PROGRAM = '/usr/bin/chromium';
const WORDS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The caller closes it. @throws Error when there is no Chromium */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: PROGRAM, args: WORDS });
}
