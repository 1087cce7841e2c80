// What a system lacks to build the module, and the line that installs it.

import type { Layout } from './layouts.js';
import { isThere, programCalled, runCommand, shellText } from './shell.js';

export interface Lack {
  readonly what: string;
  /** Debian packages that bring it. */
  readonly apt?: readonly string[];
  /** Packages of RHEL and Fedora. */
  readonly dnf?: readonly string[];
  /** What to do where no package brings it. */
  readonly advice?: string;
}

const INSTALLERS = [
  { program: 'apt-get', words: ['install', '-y', '--no-install-recommends'], row: 'apt' },
  { program: 'dnf', words: ['install', '-y'], row: 'dnf' },
] as const;

/** What building needs: apxs, make, a C compiler with the headers of its library. */
export async function buildLacks(apxs: string | undefined, layout: Layout): Promise<Lack[]> {
  const lacks: Lack[] = [];
  if (apxs === undefined) {
    lacks.push(
      layout.name === 'source'
        ? { what: 'apxs', advice: 'name the one of this httpd with --apxs' }
        : { what: 'apxs', apt: ['apache2-dev'], dnf: ['httpd-devel', 'redhat-rpm-config'] },
    );
  }
  const asked = apxs === undefined ? '' : (await runCommand([apxs, '-q', 'CC'])).stdout.trim();
  const compiler = asked.split(' ')[0] || 'gcc';
  if ((await programCalled(['make'])) === undefined)
    lacks.push({ what: 'make', apt: ['make'], dnf: ['make'] });
  if ((await programCalled([compiler])) === undefined)
    lacks.push({ what: `the C compiler ${compiler}`, apt: ['gcc'], dnf: ['gcc'] });
  if (!(await isThere('/usr/include/stdlib.h')))
    lacks.push({ what: "the C library's headers", apt: ['libc6-dev'], dnf: ['glibc-devel'] });
  return lacks;
}

/** One line for all of it: what to type where the system's installer is known, else what to look for. */
export async function installText(lacks: readonly Lack[]): Promise<string> {
  const advice = lacks.flatMap((lack) => lack.advice ?? []);
  for (const { program, words, row } of INSTALLERS) {
    if ((await programCalled([program])) === undefined) continue;
    const packages = [...new Set(lacks.flatMap((lack) => lack[row] ?? []))];
    const line = packages.length === 0 ? [] : [shellText([program, ...words, ...packages])];
    return [...line, ...advice].join('; ');
  }
  const packages = [...new Set(lacks.flatMap((lack) => lack.dnf ?? []))];
  return [...(packages.length === 0 ? [] : [`install ${packages.join(' ')}`]), ...advice].join(
    '; ',
  );
}
