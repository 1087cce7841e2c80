// Files that say whom to believe: read only when nobody else could have written them.

import { X509Certificate } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { messageOf } from '../errors.js';

const MIN_KEY_LENGTH = 32;
/** Apache reads this much of a key file: a longer key would be two different ones. */
const MAX_KEY_LENGTH = 4_000;
const MAX_FILE_BYTES = 1_048_576;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const O_WRITABLE_BY_ALL = 0o002;
const O_READABLE_BY_ALL = 0o004;

/** What was read, or why it was not. */
export type Content<T> = { readonly value: T } | { readonly fault: string };

/**
 * Reads the ini file. It must be a regular file that belongs to root or to the user we run as and
 * that not everybody may write. Checked on the open file, so that it is the one that is read.
 * @returns undefined when there is no such file
 */
export function readConfigFile(path: string): Content<string> | undefined {
  const content = readChecked(path, O_WRITABLE_BY_ALL);
  if (content === undefined || 'fault' in content) return content;
  try {
    return { value: new TextDecoder('utf-8', { fatal: true }).decode(content.value) };
  } catch {
    return { fault: `${path} is not UTF-8` };
  }
}

/** Reads a key file: as the ini file, and besides not readable by everybody. */
export function readKeyFile(path: string): Content<Buffer> {
  const content = readChecked(path, O_WRITABLE_BY_ALL | O_READABLE_BY_ALL);
  if (content === undefined) return { fault: `key-file ${path} does not exist` };
  return 'fault' in content ? content : keyOf(content.value, `key-file ${path}`);
}

/** Reads certificates: as the ini file, and each is parsed. PEM. */
export function readCertificates(path: string): Content<string> {
  const content = readChecked(path, O_WRITABLE_BY_ALL);
  if (content === undefined) return { fault: `ca-file ${path} does not exist` };
  if ('fault' in content) return content;
  const found = content.value.toString('latin1').match(CERTIFICATE);
  if (found === null) return { fault: `ca-file ${path} holds no certificate in PEM` };
  try {
    return { value: found.map((one) => new X509Certificate(one).toString()).join('') };
  } catch (error) {
    return { fault: `ca-file ${path} has a broken certificate: ${messageOf(error)}` };
  }
}

/** Reads the key from an inherited descriptor to its end, and closes it. */
export function readKeyFd(fd: number): Content<Buffer> {
  try {
    const bytes = readFileSync(fd);
    closeSync(fd);
    return keyOf(bytes, `key-fd ${fd}`);
  } catch (error) {
    return { fault: `key-fd ${fd} cannot be read: ${messageOf(error)}` };
  }
}

/** Whether a descriptor is a socket, as the one that httpd and mod_fcgid leave at 0. */
export function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}

function readChecked(path: string, forbiddenMode: number): Content<Buffer> | undefined {
  let fd: number;
  try {
    // O_NONBLOCK: a FIFO of this name must not hold up the start.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    return { fault: `${path} cannot be read: ${messageOf(error)}` };
  }
  try {
    const fault = unsafe(fstatSync(fd), forbiddenMode);
    return fault === undefined ? { value: readFileSync(fd) } : { fault: `${path} ${fault}` };
  } catch (error) {
    return { fault: `${path} cannot be read: ${messageOf(error)}` };
  } finally {
    closeSync(fd);
  }
}

function unsafe(stats: Stats, forbiddenMode: number): string | undefined {
  const me = process.geteuid?.() ?? 0;
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
  if (!stats.isFile()) return 'is not a regular file';
  if (stats.size > MAX_FILE_BYTES) return `is over ${MAX_FILE_BYTES} bytes`;
  if (stats.uid !== 0 && stats.uid !== me) {
    return `belongs to uid ${stats.uid}; it must belong to root or to uid ${me}`;
  }
  if ((stats.mode & forbiddenMode & O_WRITABLE_BY_ALL) !== 0) {
    return `may be written by everybody (mode ${mode}): chmod o-w`;
  }
  if ((stats.mode & forbiddenMode & O_READABLE_BY_ALL) !== 0) {
    return `may be read by everybody (mode ${mode}): chmod o-r`;
  }
  return undefined;
}

function keyOf(bytes: Buffer, subject: string): Content<Buffer> {
  if (bytes.length > MAX_KEY_LENGTH) {
    return { fault: `${subject} must be at most ${MAX_KEY_LENGTH} bytes, not ${bytes.length}` };
  }
  // Apache trims the same file by bytes; latin1 keeps every byte as it is.
  const text = bytes.toString('latin1').replace(/^[ \t-\r]+|[ \t-\r]+$/g, '');
  if (text.length < MIN_KEY_LENGTH) {
    return {
      fault: `${subject} must hold at least ${MIN_KEY_LENGTH} characters, not ${text.length}`,
    };
  }
  if (text.includes('\0')) return { fault: `${subject} must be text, without NUL` };
  return { value: Buffer.from(text, 'latin1') };
}
