// Gets a fresh clone ready to run: Node, npm packages, Debian packages, dist/. Plain JavaScript
// without dependencies, because none of them may be there yet.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LEAST_NODE = [20, 19];
const APT_INSTALL = ['install', '-y', '--no-install-recommends'];
/** Seconds to wait while another program installs packages. */
const APT_WAIT = ['-o', 'DPkg::Lock::Timeout=120'];

/** Debian packages, each with a file that is there when it is installed. */
export const APACHE = [
  { package: 'apache2-bin', file: '/usr/sbin/apache2' },
  { package: 'apache2-dev', file: '/usr/include/apache2/httpd.h' },
  { package: 'libapache2-mod-fcgid', file: '/usr/lib/apache2/modules/mod_fcgid.so' },
  { package: 'make', file: '/usr/bin/make' },
  { package: 'gcc', file: '/usr/bin/gcc' },
  { package: 'libc6-dev', file: '/usr/include/stdlib.h' },
];

/** What specs need besides: what reads and starts units as systemd does. */
export const TESTING = [
  { package: 'libfcgi-bin', file: '/usr/bin/cgi-fcgi' },
  { package: 'systemd', file: '/usr/bin/systemd-analyze' },
];

/** The browser that looks at the pages. */
export const BROWSER = [{ package: 'chromium', file: '/usr/bin/chromium' }];

/** Where Debian packages are unpacked that are only read: nothing of them is installed. */
const UNPACKED = '.build-debian';

/** Packages of pure Python and Ruby that samples use, each with a directory that it brings. */
export const LIBRARIES = [
  { package: 'python3-pygments', file: 'usr/lib/python3/dist-packages/pygments' },
  { package: 'python3-bottle', file: 'usr/lib/python3/dist-packages/bottle.py' },
  { package: 'ruby-rack', file: 'usr/share/rubygems-integration/all/gems' },
];

/** What the bench's application on Flask imports. */
export const FLASK = [
  { package: 'python3-flask', file: 'usr/lib/python3/dist-packages/flask' },
  { package: 'python3-werkzeug', file: 'usr/lib/python3/dist-packages/werkzeug' },
  { package: 'python3-jinja2', file: 'usr/lib/python3/dist-packages/jinja2' },
  { package: 'python3-markupsafe', file: 'usr/lib/python3/dist-packages/markupsafe' },
  { package: 'python3-itsdangerous', file: 'usr/lib/python3/dist-packages/itsdangerous' },
  { package: 'python3-click', file: 'usr/lib/python3/dist-packages/click' },
];

/** A reason to stop, in one line that the user can act on. */
export class SetupError extends Error {
  name = 'SetupError';
}

/**
 * Makes everything ready, and says each step with its time on stderr.
 * @param packages Debian packages that are needed: `{package, file}`; missing ones are installed
 *   when this runs as root, else named
 * @param optional the same, for what can be done without: installed as root, else not
 * @param libraries packages that are downloaded and unpacked, by any user
 * @throws SetupError with one line, and the output of the failed command before it
 */
export async function setup({ packages = APACHE, optional = [], libraries = LIBRARIES } = {}) {
  checkPlatform();
  const missing = missingOf(packages);
  if (missing.length > 0) {
    requireInstaller(missing);
    await step(`install ${missing.join(' ')}`, () => installDebian(missing));
  }
  const extra = missingOf(optional);
  if (extra.length > 0 && canInstall())
    await step(`install ${extra.join(' ')}`, () => installDebian(extra)).catch(() => undefined);
  const packed = libraries.filter(({ file }) => !existsSync(join(ROOT, UNPACKED, file)));
  if (packed.length > 0) {
    const names = packed.map((row) => row.package);
    await step(`unpack ${names.join(' ')}`, () => unpackDebian(names));
  }
  if (isNpmStale()) await step('install npm packages', installNpm);
  if (isDistStale()) await step('build', () => run(process.execPath, ['bin/build.mjs']));
}

/**
 * Runs one step, and prints its name and how long it took. A terminal shows the name at once.
 * @returns what `work` resolves to
 */
export async function step(name, work) {
  const start = performance.now();
  if (process.stderr.isTTY) process.stderr.write(`… ${name}`);
  const back = process.stderr.isTTY ? '\r\x1b[K' : '';
  const seconds = () => ((performance.now() - start) / 1000).toFixed(0);
  const tell = () => process.stderr.write(`${back}… ${name} (${seconds()} s)`);
  const ticking = process.stderr.isTTY ? setInterval(tell, 1000) : undefined;
  try {
    const result = await work();
    process.stderr.write(
      `${back}✓ ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)\n`,
    );
    return result;
  } catch (error) {
    process.stderr.write(`${back}✗ ${name}\n`);
    throw error;
  } finally {
    clearInterval(ticking);
  }
}

/** Faults of ours, for which a stack says more than a line. */
const BUGS = [TypeError, ReferenceError, RangeError, SyntaxError];

/** Runs `main`, which resolves to an exit code; a failure is its message on stderr and code 1. */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) || 0;
  } catch (error) {
    const isBug = BUGS.some((kind) => error instanceof kind);
    process.stderr.write(`${isBug ? error.stack : error.message}\n`);
    process.exitCode = 1;
  }
}

function checkPlatform() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const old = major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1]);
  if (old)
    throw new SetupError(
      `Node must be ${LEAST_NODE.join('.')} or newer, not ${process.versions.node}`,
    );
  if (process.platform !== 'linux') {
    throw new SetupError(
      `The system must be Linux, not ${process.platform}: the sandbox uses its /proc`,
    );
  }
}

function missingOf(packages) {
  return packages.filter(({ file }) => !existsSync(file)).map((row) => row.package);
}

function canInstall() {
  return existsSync('/usr/bin/apt-get') && process.getuid() === 0;
}

/** @throws SetupError that says what to run, when this user cannot install packages */
function requireInstaller(missing) {
  if (canInstall()) return;
  if (!existsSync('/usr/bin/apt-get')) {
    throw new SetupError(`Missing packages, by their names in Debian: ${missing.join(' ')}`);
  }
  const command = ['sudo apt-get', ...APT_INSTALL, ...missing].join(' ');
  throw new SetupError(`Missing packages. Please run: ${command}`);
}

async function installDebian(missing) {
  const words = [...APT_WAIT, ...APT_INSTALL, ...missing];
  try {
    await run('apt-get', words, { quiet: true });
  } catch {
    // No or old package lists are the usual reason; a second failure is reported.
    await run('apt-get', ['update']);
    await run('apt-get', words);
  }
}

/** Downloads packages and unpacks them below the clone, without those that they depend on. */
async function unpackDebian(names) {
  const to = join(ROOT, UNPACKED);
  mkdirSync(to, { recursive: true });
  const words = [...APT_WAIT, 'download', ...names];
  try {
    await run('apt-get', words, { cwd: to, quiet: true });
  } catch {
    if (process.getuid() === 0) await run('apt-get', ['update']);
    await run('apt-get', words, { cwd: to });
  }
  for (const file of readdirSync(to).filter((name) => name.endsWith('.deb'))) {
    await run('dpkg-deb', ['-x', file, '.'], { cwd: to });
    rmSync(join(to, file));
  }
}

/** npm writes its own lock into node_modules at the end of every install. */
function isNpmStale() {
  return modified('node_modules/.package-lock.json') < Math.max(modified('package-lock.json'), 1);
}

async function installNpm() {
  // NODE_ENV=production would leave out the interpreters and the compiler.
  const options = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  if (existsSync(join(ROOT, 'package-lock.json'))) {
    try {
      return await run('npm', ['ci', ...options], { quiet: true });
    } catch {
      // `npm ci` refuses a lock without the optional packages of other systems, which npm leaves
      // out where a registry lacks them. The versions are the lock's here, too.
    }
  }
  await run('npm', ['install', '--no-save', ...options]);
}

function isDistStale() {
  const built = modified('dist/bin/wasm-fcgi.js');
  const sources = ['lib', 'bin', 'apache', 'samples', 'spec', 'bench'].flatMap(filesBelow);
  const compiled = sources.filter((file) => file.endsWith('.ts'));
  return [...compiled, 'tsconfig.json', 'package.json'].some((file) => modified(file) > built);
}

function filesBelow(folder) {
  if (!existsSync(join(ROOT, folder))) return [];
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true });
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

/** Time of the last change, ms; 0 when there is no such file. */
function modified(path) {
  return statSync(join(ROOT, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Runs a command; its output is shown only when it fails, and not even then when `quiet`. */
function run(command, args, { quiet = false, cwd = ROOT } = {}) {
  return new Promise((resolve, reject) => {
    const output = [];
    const child = spawn(command, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    const line = `${command} ${args.join(' ')}`;
    child.on('error', (error) => reject(new SetupError(`${line}: ${error.message}`)));
    child.on('close', (code) => {
      if (code === 0) return resolve();
      if (!quiet) process.stderr.write(`\n${Buffer.concat(output).toString()}`);
      reject(new SetupError(`${line} failed with ${code}`));
    });
  });
}
