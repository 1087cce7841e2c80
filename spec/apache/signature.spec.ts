// HMAC-SHA1 of the module against the vectors of RFC 2202.

import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { sourceDirectory } from '../../apache/build.js';
import { publicDirectory } from '../../apache/stage.js';

const run = promisify(execFile);

/** RFC 2202, section 3: [key, data, digest], keys and data in hex. */
const vectors: [string, string, string][] = [
  ['0b'.repeat(20), hex('Hi There'), 'b617318655057264e28bc0b6fb378c8ef146be00'],
  [hex('Jefe'), hex('what do ya want for nothing?'), 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'],
  ['aa'.repeat(20), 'dd'.repeat(50), '125d7342b9ac11cd91a39af48aa17b4f63f175d3'],
  [
    Buffer.from(Array.from({ length: 25 }, (_, i) => i + 1)).toString('hex'),
    'cd'.repeat(50),
    '4c9007f4026250c6bc8414f9bf50c86c2d7235da',
  ],
  ['0c'.repeat(20), hex('Test With Truncation'), '4c1a03424b55e07fe7f27be1d58bb9324a9a5a04'],
  [
    'aa'.repeat(80),
    hex('Test Using Larger Than Block-Size Key - Hash Key First'),
    'aa4ae5e15272d00e95705637ce8a3b55ed402112',
  ],
  [
    'aa'.repeat(80),
    hex('Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data'),
    'e8e99d0f45237d786d6bbaa7965c7808bbff1a91',
  ],
];

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}

/** Prints the MAC of each pair of arguments. */
const PROGRAM = String.raw`
#include <stdio.h>
#include "apr_general.h"
#include "mod_wasm.h"
static apr_size_t bytes_of(const char *hex, char *out) {
    apr_size_t n = 0;
    for (; *hex; hex += 2) { unsigned byte; sscanf(hex, "%2x", &byte); out[n++] = (char)byte; }
    return n;
}
int main(int argc, char **argv) {
    char key[200], text[200]; apr_pool_t *pool; int i;
    apr_initialize(); apr_pool_create(&pool, NULL);
    for (i = 1; i + 1 < argc; i += 2) {
        apr_size_t k = bytes_of(argv[i], key), t = bytes_of(argv[i + 1], text);
        puts(wasm_hmac_sha1(pool, key, k, text, t));
    }
    return 0;
}
`;

describe('apache: signature', () => {
  it('is HMAC-SHA1 as RFC 2202 has it', async () => {
    const apache = await sourceDirectory();
    const dir = await publicDirectory('wasm-signature-');
    try {
      const words = async (program: string, ...flags: string[]): Promise<string[]> =>
        (await run(program, flags)).stdout.trim().split(/\s+/);
      const [include = ''] = await words('apxs', '-q', 'INCLUDEDIR');
      const apr = await words('apr-1-config', '--includes', '--cppflags');
      const libraries = await words('sh', '-c', 'apu-1-config --link-ld; apr-1-config --link-ld');
      const source = path.join(dir, 'vectors.c');
      const program = path.join(dir, 'vectors');
      await writeFile(source, PROGRAM);
      const sources = [source, path.join(apache, 'signature.c')];
      const flags = [`-I${apache}`, `-I${include}`, ...apr];
      await run('cc', ['-o', program, ...flags, ...sources, ...libraries]);
      const { stdout } = await run(
        program,
        vectors.flatMap(([key, text]) => [key, text]),
      );
      expect(stdout.trim().split('\n')).to.deep.equal(vectors.map(([, , digest]) => digest));
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});
