// What `init` says of SELinux.

import { expect } from 'chai';

import { selinuxText } from '../../bin/init/selinux.js';

describe('what init says of SELinux', () => {
  const ROWS: [string, string | undefined, RegExp | undefined][] = [
    ['that it has to be told, where it is in force', '1', /setsebool -P httpd_execmem 1/],
    ['that it only logs, where it does', '0\n', /^permissive/],
    ['nothing, where there is none', undefined, undefined],
  ];
  for (const [title, enforce, expected] of ROWS) {
    it(`is ${title}`, () => {
      if (expected === undefined) expect(selinuxText(enforce)).to.equal(undefined);
      else expect(selinuxText(enforce)).to.match(expected);
    });
  }
});
