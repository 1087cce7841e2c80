// The configuration that installing brings: by init and by the Debian package, from one source.

/** Where the example answers unless another place is asked for. */
export const DEFAULT_URL = '/wasm-hello';

export type Wiring = 'proxy_fcgi' | 'fcgid';

/** Modules of httpd that the configuration needs, by wiring; each after those that it needs itself. */
export const NEEDED: Readonly<Record<Wiring, readonly string[]>> = {
  proxy_fcgi: ['authz_core', 'authz_host', 'proxy', 'proxy_fcgi'],
  fcgid: ['authz_core', 'authz_host', 'fcgid'],
};

/** Loads the module the way of Debian, where a2enmod reads the first line. */
export function debianLoadText(module: string, wiring: Wiring = 'proxy_fcgi'): string {
  return `# Depends: ${NEEDED[wiring].join(' ')}
LoadModule wasm_module ${byWord(module)}
`;
}

/** Loads the module, and those that it needs where nothing else has loaded them. */
export function loadText(module: string, modulesDirectory: string, wiring: Wiring): string {
  const needed = NEEDED[wiring].map(
    (name) => `<IfModule !${name}_module>
    LoadModule ${name}_module ${byWord(`${modulesDirectory}/mod_${name}.so`)}
</IfModule>
`,
  );
  return `${needed.join('')}LoadModule wasm_module ${byWord(module)}\n`;
}

/** How httpd starts the responder. */
export function serverText(command: readonly string[], manual: string): string {
  return `# Directives: ${manual}. For example, in a site:
#
#   <Location "/hello">
#       SetHandler wasm-handler
#       WasmModule /srv/wasm/hello.wasm
#   </Location>
#
# httpd starts and ends the responder itself; its options are in
# /etc/wasm-fcgi/wasm-fcgi.ini, where there is one.

WasmCommand ${command.map(byWord).join(' ')} serve
`;
}

/** The same where mod_fcgid starts it. */
export function fcgidServerText(command: readonly string[], manual: string, key: string): string {
  return `# Directives: ${manual}. mod_proxy_fcgi is not here, so
# mod_fcgid starts the responder: one process for each request at a time.

WasmServer fcgid
WasmKeyFile ${byWord(key)}
FcgidWrapper "${[...command, 'serve', '--key-file', key].join(' ')}" virtual
# Its default, 131,072 bytes, answers larger uploads with 500.
FcgidMaxRequestLen 1073741824
FcgidIOTimeout 60
`;
}

/** A program to try. */
export function helloText(url: string, program: string): string {
  return `# A program to try: curl http://localhost${url}
<IfModule wasm_module>
    <Location "${url}">
        SetHandler wasm-handler
        WasmModule ${byWord(program)}
        WasmContentType "text/plain; charset=utf-8"
        WasmTimeout 2
        # This machine alone; "Require all granted" lets everybody.
        Require local
    </Location>
</IfModule>
`;
}

/** A word of httpd's configuration, in quotes where it needs them. */
function byWord(word: string): string {
  return /^[\w./:-]+$/.test(word) ? word : `"${word.replaceAll(/["\\]/g, '\\$&')}"`;
}
