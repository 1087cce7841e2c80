// Host paths become guest names by whole components, or nothing.

import { expect } from 'chai';
import * as fc from 'fast-check';
import { guestPath } from '../../lib/cgi/paths.js';

const MAPS = [
  { guest: '/', host: '/srv/www' },
  { guest: '/up', host: '/srv/www/uploads/' },
  { guest: './', host: '/home/a' },
  { guest: 'lib/', host: '/usr/lib/x' },
  { guest: '/srv/own', host: '/srv/own' },
  { guest: '/second', host: '/srv/own' },
] as const;

const part = fc
  .string({ minLength: 1, maxLength: 4 })
  .filter((text) => !/[/]|^\.{1,2}$/.test(text));
const parts = fc.array(part, { maxLength: 4 });

describe('guestPath', () => {
  const table: [host: string, guest: string | undefined, why: string][] = [
    ['/srv/www/a/b.php', '/a/b.php', 'maps onto a root'],
    ['/srv/www', '/', 'names the mapped directory itself'],
    ['/srv/www/uploads/x', '/up/x', 'takes the longest host prefix'],
    ['/srv/www2/x', undefined, 'does not take a prefix of a name for its directory'],
    ['/home/a/b', './b', 'keeps ./ relative'],
    ['/usr/lib/x/y', 'lib/y', 'keeps a relative name relative'],
    ['/srv//www/./a', '/a', 'passes over empty components and dots'],
    ['/srv/www/../secret', undefined, 'withholds a path that climbs'],
    ['wasm', undefined, 'withholds what is not absolute'],
    ['proxy:unix:/srv/www/a', undefined, 'withholds a proxy name'],
    ['', undefined, 'withholds the empty path'],
    ['/srv/own/x', '/srv/own/x', 'lets the first of two equal directories count'],
    ['/srv/www/a\nb\u00e9', '/a\nb\u00e9', 'keeps odd bytes'],
  ];
  for (const [host, guest, why] of table) {
    it(`${why}: ${JSON.stringify(host)}`, () => expect(guestPath(host, MAPS)).to.equal(guest));
  }

  it('gives an unchanged path or none when only the same name counts', () => {
    expect(guestPath('/srv/own/x', MAPS, true)).to.equal('/srv/own/x');
    expect(guestPath('/srv/www/x', MAPS, true)).to.equal(undefined);
    expect(guestPath('/any/x', [{ guest: '/', host: '/' }], true)).to.equal('/any/x');
    expect(guestPath('/srv/own/x', [{ guest: 'srv/own', host: '/srv/own' }], true)).to.equal(
      undefined,
    );
  });

  it('maps any file of any directory to the guest name plus the rest, and no stranger', () => {
    fc.assert(
      fc.property(parts, parts, part, (root, rest, other) => {
        const host = `/${root.join('/')}`;
        const directories = [{ guest: '/g', host }];
        const file = [...root, ...rest];
        expect(guestPath(`/${file.join('/')}`, directories)).to.equal(['/g', ...rest].join('/'));
        if (root.length > 0) {
          const sibling = [...root.slice(0, -1), `${root.at(-1)}${other}`, ...rest];
          expect(guestPath(`/${sibling.join('/')}`, directories)).to.equal(undefined);
        }
      }),
    );
  });
});
