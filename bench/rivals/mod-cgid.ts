// The same program run natively by mod_cgid: a process for each request.

import { existsSync } from 'node:fs';

import type { Httpd } from '../../apache/httpd.js';
import { type ControlGroup, groupWith } from '../measure/cgroup.js';
import { costsOf } from '../measure/costs.js';
import { commandOf, threadsOf } from '../measure/processes.js';
import { type Program, type Language, pageOf, pathOf, siteOf } from '../programs.js';
import type { Stage } from '../stage.js';
import type { Rival, Running } from './rival.js';

/** With 64 some get no answer: its daemon starts one process after the other. */
export const MOST_AT_A_TIME = 16;
const PHP_CGI = '/usr/bin/php-cgi';
/** What the language needs to be there; pages name theirs in their first line. */
const INTERPRETERS: Readonly<Record<Language, string>> = {
  c: '/usr/bin/gcc',
  php: PHP_CGI,
  python: '/usr/bin/python3',
  wsgi: '/usr/bin/python3',
  ruby: '/usr/bin/ruby',
  perl: '/usr/bin/perl',
  sqlite: '/usr/bin/sqlite3',
  wordpress: PHP_CGI,
};

export const modCgid: Rival = {
  name: 'mod_cgid',
  mostAtATime: MOST_AT_A_TIME,
  missing: ({ language }) =>
    existsSync(INTERPRETERS[language]) ? undefined : `${INTERPRETERS[language]} is not installed`,
  async start(stage: Stage, program: Program): Promise<Running> {
    const path = `/mod_cgid/${pathOf(program)}`;
    switch (program.language) {
      case 'c':
        return cgidScript(stage, path, await stage.compile(program.name, false));
      case 'python':
      case 'ruby':
      case 'perl':
        return cgidScript(stage, path, stage.at('pages', pageOf(program.name, program.language)));
      case 'wsgi':
        return cgidScript(stage, path, stage.at('pages', `${program.name}-cgi.py`));
      case 'sqlite':
        return cgidScript(stage, path, stage.at('pages/query.sh'));
      case 'php':
        return cgid(stage, phpConfig('/mod_cgid', stage.at('pages')));
      case 'wordpress':
        return cgid(
          stage,
          phpConfig('/mod_cgid/wordpress', stage.at(siteOf('mod_cgid'), 'htdocs')),
        );
    }
  },
};

/** A script or program of its own at a path. */
export function cgidScript(stage: Stage, path: string, file: string): Running {
  return cgid(
    stage,
    `
Alias "${path}" "${file}"
<Location "${path}">
    SetHandler cgi-script
    Options +ExecCGI
    SetEnv FILES "${stage.at('files')}"
    SetEnv PYTHONPATH "${stage.at('libs')}"
    SetEnv DATABASE "${stage.at('data/bench.db')}"
</Location>`,
  );
}

/** As php-cgi's documentation has it: an Action for .php files. */
function phpConfig(url: string, directory: string): string {
  return `
ScriptAlias "/php-cgi-program" "${PHP_CGI}"
Alias "${url}" "${directory}"
<Location "${url}">
    DirectoryIndex index.php
    AddHandler php-page .php
    Action php-page "/php-cgi-program"
</Location>`;
}

function cgid(stage: Stage, config: string): Running {
  let group: ControlGroup | undefined;
  return {
    config: `ScriptSock "${stage.at('run/cgid')}"\n${config}`,
    costs: async (httpd) => {
      const daemon = await daemonOf(httpd);
      group ??= groupWith(daemon);
      return { ...costsOf([daemon]), cpuMicros: () => group?.cpuMicros() ?? NaN };
    },
    stop: async () => group?.remove(),
  };
}

/** Alone of httpd's children the daemon has the parent's command line and one thread. */
async function daemonOf(httpd: Httpd): Promise<number> {
  const children = await httpd.children();
  const own = commandOf(httpd.pid).join(' ');
  const daemon = children.find((pid) => threadsOf(pid) === 1 && commandOf(pid).join(' ') === own);
  if (daemon === undefined) throw new Error('mod_cgid has no daemon');
  return daemon;
}
