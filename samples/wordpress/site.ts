// Lays out a WordPress of the demo's own, and installs it as its form in the browser would.

import { randomBytes } from 'node:crypto';
import { chownSync, copyFileSync, cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { Account } from '../account.js';

const KEYS = ['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'];
const TITLE = 'A site in a sandbox';
/** Of the installation: it makes tables and the first page, while PHP is still being compiled. */
const DEADLINE_MS = 120_000;

export const WORDPRESS_USER = 'admin';

/**
 * @param htdocs WordPress's files
 * @param sample samples/wordpress
 * @param to the site's directory, not there yet; all that the program will have
 * @param owner whom it shall belong to; undefined: the present user
 */
export function stageWordPress(htdocs: string, sample: string, to: string, owner?: Account): void {
  cpSync(htdocs, path.join(to, 'htdocs'), { recursive: true });
  for (const name of ['data', 'tmp', 'htdocs/wp-content/uploads', 'htdocs/wp-content/mu-plugins']) {
    mkdirSync(path.join(to, name), { recursive: true });
  }
  copyFileSync(path.join(sample, 'wp-config.php'), path.join(to, 'htdocs', 'wp-config.php'));
  copyFileSync(
    path.join(sample, 'demo.php'),
    path.join(to, 'htdocs', 'wp-content', 'mu-plugins', 'demo.php'),
  );
  for (const name of ['database.php', 'php.ini'])
    copyFileSync(path.join(sample, name), path.join(to, name));
  const defines = KEYS.flatMap((key) => [`${key}_KEY`, `${key}_SALT`]).map(
    (name) => `define('${name}', '${randomBytes(32).toString('hex')}');\n`,
  );
  writeFileSync(path.join(to, 'keys.php'), `<?php\n${defines.join('')}`, { mode: 0o600 });
  if (owner !== undefined) giveTo(owner, to);
}

function giveTo(owner: Account, file: string): void {
  chownSync(file, owner.uid, owner.gid);
  for (const entry of readdirSync(file, { withFileTypes: true, recursive: true })) {
    chownSync(path.join(entry.parentPath, entry.name), owner.uid, owner.gid);
  }
}

/**
 * Fills in WordPress's installation form.
 * @returns the password of `WORDPRESS_USER`
 * @throws Error when WordPress does not say that it is installed
 */
export async function installWordPress(origin: string): Promise<string> {
  const password = randomBytes(12).toString('base64url');
  const form = new URLSearchParams({
    weblog_title: TITLE,
    user_name: WORDPRESS_USER,
    admin_password: password,
    admin_password2: password,
    admin_email: 'admin@example.org',
    pw_weak: 'on',
    language: '',
  });
  const answer = await fetch(`${origin}/wordpress/wp-admin/install.php?step=2`, {
    method: 'POST',
    body: form,
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  const text = await answer.text();
  if (!text.includes('WordPress has been installed')) {
    const words = text.replaceAll(/<[^>]*>|\s+/g, ' ').trim();
    throw new Error(`WordPress was not installed: status ${answer.status}: ${words.slice(0, 500)}`);
  }
  return password;
}
