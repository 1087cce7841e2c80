// What a guest learns of the request, and what it never does.

import { expect } from 'chai';
import { guestEnvironment, type EnvironmentOptions } from '../../lib/cgi/environment.js';
import { RequestError } from '../../lib/errors.js';

const OFF: EnvironmentOptions = { cgi: false, env: [], mapFileNames: false, preopens: [] };
const ON: EnvironmentOptions = { ...OFF, cgi: true };
const FIXED = ['GATEWAY_INTERFACE=CGI/1.1', 'QUERY_STRING=', 'REDIRECT_STATUS=200'];

function environment(
  params: Record<string, string>,
  options: Partial<EnvironmentOptions> = {},
): string[] {
  return guestEnvironment(new Map(Object.entries(params)), { ...ON, ...options });
}

/** Without what is always there. */
function added(
  params: Record<string, string>,
  options: Partial<EnvironmentOptions> = {},
): string[] {
  return environment(params, options).filter((entry) => !FIXED.includes(entry));
}

const entry = (bytes: number) => ({ HTTP_A: 'x'.repeat(bytes - 'HTTP_A=\0'.length) });
const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`HTTP_H${i}`, '']));

describe('guestEnvironment', () => {
  it('gives a guest without CGI its WasmEnv alone, repeated names in order', () => {
    const env = [
      ['A', '1'],
      ['A', '2'],
    ] as const;
    expect(guestEnvironment(new Map([['QUERY_STRING', 'x']]), { ...OFF, env })).to.deep.equal([
      'A=1',
      'A=2',
    ]);
  });

  it('puts WasmEnv first and drops the CGI variable of the same name', () => {
    const result = environment(
      { SERVER_NAME: 'real', HTTP_HOST: 'h' },
      { env: [['SERVER_NAME', 'mine']] },
    );
    expect(result[0]).to.equal('SERVER_NAME=mine');
    expect(result).to.include('HTTP_HOST=h').and.not.include('SERVER_NAME=real');
  });

  it('always says which CGI it is, that it was called by a server, and a query', () => {
    expect(environment({ GATEWAY_INTERFACE: 'CGI/9' })).to.deep.equal(FIXED);
  });

  for (const name of [
    'AUTH_TYPE',
    'PATH_INFO',
    'QUERY_STRING',
    'REMOTE_ADDR',
    'REMOTE_HOST',
    'REMOTE_IDENT',
    'REMOTE_USER',
    'REMOTE_PORT',
    'REQUEST_METHOD',
    'REQUEST_URI',
    'REQUEST_SCHEME',
    'SCRIPT_NAME',
    'SERVER_NAME',
    'SERVER_PORT',
    'SERVER_PROTOCOL',
    'SERVER_SOFTWARE',
    'SERVER_ADDR',
    'HTTPS',
    'REDIRECT_STATUS',
    'REDIRECT_URL',
    'REDIRECT_QUERY_STRING',
    'UNIQUE_ID',
    'HTTP_COOKIE',
    'HTTP_AUTHORIZATION',
    'SSL_PROTOCOL',
    'CONTENT_TYPE',
  ]) {
    it(`passes ${name}`, () =>
      expect(environment({ [name]: 'a b\n\u00e9' })).to.include(`${name}=a b\n\u00e9`));
  }

  for (const name of [
    'PATH',
    'LD_LIBRARY_PATH',
    'SERVER_ADMIN',
    'SERVER_SIGNATURE',
    'CONTEXT_PREFIX',
    'CONTEXT_DOCUMENT_ROOT',
    'WASM_MODULE',
    'WASM_SIGNATURE',
    'REDIRECT_WASM_MODULE',
    'HTTP_PROXY',
    'REDIRECT_HTTP_PROXY',
    'http_host',
    'HTTP_',
    'HTTP_A=B',
    'HTTP_A B',
    'HTTP_x',
    'proxy-fcgi-pathinfo',
    'APP_ENV',
    '',
    'SSL',
  ]) {
    it(`withholds ${JSON.stringify(name)}`, () =>
      expect(added({ [name]: '/x' })).to.deep.equal([]));
  }

  it('drops values with NUL', () => {
    expect(added({ HTTP_A: 'a\0b', PATH_INFO: '\0' })).to.deep.equal([]);
  });

  for (const [length, kept] of [
    ['0', true],
    ['12', true],
    ['', false],
    ['-1', false],
    ['1x', false],
  ] as const) {
    it(`${kept ? 'keeps' : 'takes for absent'} CONTENT_LENGTH ${JSON.stringify(length)}`, () => {
      expect(added({ CONTENT_LENGTH: length })).to.deep.equal(
        kept ? [`CONTENT_LENGTH=${length}`] : [],
      );
    });
  }

  it('takes an empty CONTENT_TYPE for absent', () => {
    expect(added({ CONTENT_TYPE: '' })).to.deep.equal([]);
  });

  describe('host paths', () => {
    const files = {
      SCRIPT_FILENAME: '/srv/www/a.php',
      DOCUMENT_ROOT: '/srv/www',
      PATH_TRANSLATED: '/srv/www/x',
    };
    const root = [{ guest: '/', host: '/srv/www' }];
    const own = [{ guest: '/srv/www', host: '/srv/www' }];

    it('are mapped, all three, with WasmMapCGIFileNames', () => {
      expect(added(files, { mapFileNames: true, preopens: root })).to.deep.equal([
        'SCRIPT_FILENAME=/a.php',
        'DOCUMENT_ROOT=/',
        'PATH_TRANSLATED=/x',
      ]);
    });

    it('are withheld without it, when the guest knows the directory by another name', () => {
      expect(added(files, { preopens: root })).to.deep.equal([]);
    });

    it('stay as they are without it, when the guest knows the directory by the same name', () => {
      expect(added(files, { preopens: own })).to.deep.equal(
        Object.entries(files).map((e) => e.join('=')),
      );
    });

    it('are withheld outside of every directory, with or without it', () => {
      for (const mapFileNames of [true, false]) {
        expect(
          added(files, { mapFileNames, preopens: [{ guest: '/', host: '/srv/other' }] }),
        ).to.deep.equal([]);
      }
    });

    it('take the file that the web server chose before the SCRIPT_FILENAME of a proxy', () => {
      const options = { mapFileNames: true, preopens: root, scriptFilename: '/srv/www/real.php' };
      expect(added({ SCRIPT_FILENAME: '/srv/www/wasm' }, options)).to.deep.equal([
        'SCRIPT_FILENAME=/real.php',
      ]);
    });
  });

  describe('size', () => {
    const room = 65_536 - FIXED.reduce((sum, text) => sum + text.length + 1, 0);

    it('may reach 65,536 bytes', () => expect(environment(entry(room))).to.have.length(4));
    it('is refused with 431 one byte over', () => refuses(() => environment(entry(room + 1)), 431));
    it('may reach 256 entries', () => expect(environment(many(253))).to.have.length(256));
    it('is refused with 431 one entry over', () => refuses(() => environment(many(254)), 431));
    it('is a 500 when WasmEnv alone is too large', () => {
      refuses(() => guestEnvironment(new Map(), { ...OFF, env: [['A', 'x'.repeat(65_536)]] }), 500);
    });
  });
});

function refuses(run: () => unknown, status: number): void {
  expect(run).to.throw(RequestError).with.property('status', status);
}
