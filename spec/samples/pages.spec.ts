// The gallery in a real Chromium: on a phone and on a desktop, with its forms and its break-out page.

import { expect } from 'chai';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';

import { type Httpd, startHttpd } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { ordinaryAccount } from '../../samples/account.js';
import { startBrowser } from '../../samples/browser.js';
import { SAMPLES } from '../../samples/checks.js';
import { HTTPD_MODULES, serveWordsIn, stageDemo } from '../../samples/stage.js';
import { type Bed, makeBed } from '../apache/bed.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 900 };
/** Links that take seconds and end in an error page. */
const SLOW = new Set(['/limits?time', '/limits?memory', '/limits?disk', '/ticker']);

describe('the pages of the gallery, in Chromium', () => {
  let bed: Bed;
  let httpd: Httpd;
  let browser: Browser;
  let page: Page;
  const asked = new Set<string>();
  const faults: string[] = [];

  before(async function () {
    this.timeout(120_000);
    bed = await makeBed();
    const command = [...(await stageProgram(bed.dir, BUILT)), ...serveWordsIn(bed.dir)];
    const words = command.map((word) => `"${word}"`).join(' ');
    const site = stageDemo(ROOT, bed.dir, await ordinaryAccount());
    httpd = await startHttpd({
      modules: ['proxy', 'proxy_fcgi', ...HTTPD_MODULES, `wasm=${bed.so}`],
      config: `WasmCommand ${words}\n${site}`,
    });
    browser = await startBrowser();
    await look(PHONE);
  });
  after(async () => {
    await browser?.close();
    await httpd?.stop();
    await bed?.clear();
  });

  const open = async (url: string): Promise<void> => {
    const answer = await page.goto(httpd.origin + url);
    expect(answer?.status(), url).to.be.below(400);
  };
  /** How much of the page does not fit on the screen, in pixels of its width. */
  const overflow = async (): Promise<number> =>
    (await page.evaluate<number>('document.documentElement.scrollWidth')) -
    (page.viewportSize()?.width ?? 0);
  /** Opens the pages from now on on another screen. */
  const look = async (viewport: typeof PHONE): Promise<void> => {
    await browser.contexts()[0]?.close();
    const isMobile = viewport === PHONE;
    page = await browser.newPage({ viewport, isMobile, hasTouch: isMobile });
    page.on('request', (request) => asked.add(new URL(request.url()).host));
    page.on('pageerror', (error) => faults.push(error.message));
  };

  it('fits a phone: the start page, and each page about a sample', async () => {
    for (const url of ['/', ...SAMPLES.map(({ name }) => `/about/${name}.html`)]) {
      await open(url);
      expect(await overflow(), url).to.equal(0);
    }
  });

  it('fits a phone: every page that the start page links to', async function () {
    this.timeout(120_000);
    for (const { link, path: url, status } of SAMPLES.flatMap(({ checks }) => checks)) {
      if (link === undefined || status !== undefined || SLOW.has(url)) continue;
      await open(url);
      // Not the plain texts.
      if ((await page.locator('h1').count()) > 0) expect(await overflow(), url).to.equal(0);
    }
  });

  it('has links that lead somewhere', async () => {
    const links = new Set<string>();
    for (const url of ['/', ...SAMPLES.map(({ name }) => `/about/${name}.html`)]) {
      await open(url);
      for (const link of await page.locator('a').all())
        links.add((await link.getAttribute('href')) ?? '');
    }
    // The programs' own answers are specified elsewhere.
    const still = [...links].filter((link) => /^\/(about|source)\//.test(link));
    expect(still.length).to.be.above(2 * SAMPLES.length);
    for (const link of still) {
      const answer = await page.request.get(httpd.origin + link);
      expect(answer.status(), link).to.equal(200);
    }
  });

  it('signs the guestbook', async () => {
    await open('/guestbook/');
    await page.fill('[name=name]', 'A <guest>');
    await page.fill('[name=said]', 'Hello from Chromium');
    await page.click('button');
    await page.waitForURL('**/guestbook/index.php');
    expect(await page.textContent('.entry')).to.match(/Hello from Chromium\s+A <guest>,/);
  });

  it('uploads a file to PrettyFy and sees it in colours', async () => {
    await open('/prettyfy');
    const file = { name: 'x.py', mimeType: 'text/plain', buffer: Buffer.from('def f(): pass\n') };
    await page.setInputFiles('[type=file]', file);
    await page.click('button');
    await page.waitForURL('**/prettyfy?file=x.py');
    expect(await page.textContent('.highlight .nf')).to.equal('f');
    expect(await overflow()).to.equal(0);
  });

  it('keeps a note in the WSGI application', async () => {
    await open('/wsgi/');
    await page.fill('[name=text]', 'Buy milk');
    await page.click('button');
    await page.waitForURL('**/wsgi/notes/1');
    expect(await page.textContent('main, body')).to.include('Buy milk');
  });

  it('speaks', async () => {
    await open('/speech/');
    await page.fill('textarea', 'Good morning');
    await page.click('button');
    await page.waitForSelector('audio:not([hidden])');
    await page.waitForFunction('document.querySelector("audio").duration > 0.3');
  });

  for (const [name, viewport] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
    it(`shows how each attempt to break out ended, on a ${name}`, async () => {
      await look(viewport);
      await open('/break-out/');
      await page.waitForFunction('/held/.test(document.querySelector("#summary").textContent)');
      expect(await page.textContent('#summary')).to.equal('7 of 7 attempts held.');
      expect(await page.locator('.verdict.held').count()).to.equal(7);
      expect(await page.locator('.verdict.out').allTextContents()).to.deep.equal(
        Array<string>(3).fill('Got out'),
      );
      expect(await overflow()).to.equal(0);
    });
  }

  it('asked no other server, and met no fault in its scripts', () => {
    expect([...asked]).to.deep.equal([`127.0.0.1:${httpd.port}`]);
    expect(faults).to.deep.equal([]);
  });
});
