// Logs in to WordPress and writes a post with a picture, in a browser, as its author would.

import type { Page } from 'playwright-core';

import { startBrowser } from '../browser.js';
import type { Visit } from '../visit.js';
import { WORDPRESS_USER } from './site.js';

/** Of one step in the browser: each page asks for some hundred files and a few runs of PHP. */
const DEADLINE_MS = 180_000;
const TITLE = 'A picture from the sandbox';

/** @returns one visit for each step; the first that fails is the last */
export async function writePost(origin: string, password: string): Promise<Visit[]> {
  const browser = await startBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(DEADLINE_MS);
    const visits: Visit[] = [];
    for (const [name, work] of STEPS) {
      const visit = await tryStep(page, name, () => work(page, `${origin}/wordpress`, password));
      visits.push(visit);
      if (visit.faults.length > 0) break;
    }
    return visits;
  } finally {
    await browser.close();
  }
}

type Work = (page: Page, site: string, password: string) => Promise<void>;

const STEPS: readonly (readonly [string, Work])[] = [
  ['log in', logIn],
  ['write a post with a picture', write],
  ['publish it', publish],
  ['see it under its address', see],
];

async function logIn(page: Page, site: string, password: string): Promise<void> {
  await page.goto(`${site}/wp-login.php`);
  await page.fill('#user_login', WORDPRESS_USER);
  await page.fill('#user_pass', password);
  await page.click('#wp-submit');
  await page.waitForSelector('#dashboard-widgets');
}

/** The picture is one of the page before. */
async function write(page: Page, site: string): Promise<void> {
  const picture = { name: 'dashboard.png', mimeType: 'image/png', buffer: await page.screenshot() };
  const guide = page.locator('.components-guide');
  // The editor shows it when it likes, also while somebody is writing.
  await page.addLocatorHandler(guide, () => guide.getByRole('button', { name: 'Close' }).click());
  await page.goto(`${site}/wp-admin/post-new.php`);
  const canvas = page.frameLocator('iframe[name="editor-canvas"]');
  await canvas.getByRole('textbox', { name: 'Add title' }).fill(TITLE);
  await page.keyboard.press('Enter');
  await page.keyboard.type('/image');
  await page.getByRole('option', { name: 'Image', exact: true }).click();
  await canvas.locator('[data-type="core/image"] input[type="file"]').setInputFiles(picture);
  await canvas.locator('[data-type="core/image"] img[src*="/uploads/"]').waitFor();
}

async function publish(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Publish', exact: true });
  // The first one opens a panel with the second one.
  await button.click();
  await page.locator('.editor-post-publish-panel').locator(button).click();
  await page.getByText('is now live.').waitFor();
}

/** As a visitor who is not logged in. */
async function see(page: Page, site: string): Promise<void> {
  await page.context().clearCookies();
  await page.goto(`${site}/${new Date().getUTCFullYear()}/a-picture-from-the-sandbox/`);
  await page.getByRole('heading', { name: TITLE, level: 1 }).waitFor();
  const loaded = await page
    .locator('.wp-block-image img[src*="/uploads/"]')
    .evaluate((image) => 'naturalWidth' in image && image.naturalWidth);
  if (loaded === 0) throw new Error('the picture was not loaded');
}

async function tryStep(page: Page, name: string, work: () => Promise<void>): Promise<Visit> {
  const start = performance.now();
  let fault: string | undefined;
  try {
    await work();
  } catch (error) {
    fault = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  }
  const ms = Math.round(performance.now() - start);
  const faults = fault === undefined ? [] : [fault];
  return { path: new URL(page.url()).pathname, method: name, status: 200, ms, faults };
}
