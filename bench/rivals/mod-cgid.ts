// The same program run natively by mod_cgid: a process for each request.

import { existsSync } from 'node:fs';

import type { Httpd } from '../../apache/httpd.js';
import { type ControlGroup, groupWith } from '../measure/cgroup.js';
import { costsOf } from '../measure/costs.js';
import { commandOf, threadsOf } from '../measure/processes.js';
import { type Program, pageOf, pathOf } from '../programs.js';
import type { Stage } from '../stage.js';
import type { Rival, Running } from './rival.js';

const PHP_CGI = '/usr/bin/php-cgi';
/** What the language needs to be there; pages name theirs in their first line. */
const INTERPRETERS = {
  c: '/usr/bin/gcc',
  php: PHP_CGI,
  python: '/usr/bin/python3',
  ruby: '/usr/bin/ruby',
} as const;

export const modCgid: Rival = {
  name: 'mod_cgid',
  missing: ({ language }) =>
    existsSync(INTERPRETERS[language]) ? undefined : `${INTERPRETERS[language]} is not installed`,
  async start(stage: Stage, program: Program): Promise<Running> {
    let group: ControlGroup | undefined;
    return {
      config: `
ScriptSock "${stage.at('run/cgid')}"
${program.language === 'php' ? phpConfig(stage) : await scriptConfig(stage, program)}`,
      costs: async (httpd) => {
        const daemon = await daemonOf(httpd);
        group ??= groupWith(daemon);
        return { ...costsOf([daemon]), cpuMicros: () => group?.cpuMicros() ?? NaN };
      },
      stop: async () => group?.remove(),
    };
  },
};

/** Alone of httpd's children the daemon has the parent's command line and one thread. */
async function daemonOf(httpd: Httpd): Promise<number> {
  const children = await httpd.children();
  const own = commandOf(httpd.pid).join(' ');
  const daemon = children.find((pid) => threadsOf(pid) === 1 && commandOf(pid).join(' ') === own);
  if (daemon === undefined) throw new Error('mod_cgid has no daemon');
  return daemon;
}

async function scriptConfig(stage: Stage, program: Program): Promise<string> {
  const { name, language } = program;
  const file =
    language === 'c' ? await stage.compile(name, false) : stage.at('pages', pageOf(program));
  return `
Alias "/mod_cgid/${pathOf(program)}" "${file}"
<Location "/mod_cgid/${pathOf(program)}">
    SetHandler cgi-script
    Options +ExecCGI
    SetEnv FILES "${stage.at('files')}"
</Location>`;
}

/** As php-cgi's documentation has it: an Action for .php files. */
function phpConfig(stage: Stage): string {
  return `
ScriptAlias "/php-cgi-program" "${PHP_CGI}"
Alias "/mod_cgid" "${stage.at('pages')}"
<Location "/mod_cgid">
    SetHandler php-page
    Action php-page "/php-cgi-program"
</Location>`;
}
