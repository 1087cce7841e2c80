// Each property with as many inputs as there is time for in a suite; `npm run fuzz` goes on.

import { PROPERTIES } from './properties.js';
import { tryOut } from './property.js';

describe('for any input', () => {
  for (const [subject, properties] of PROPERTIES) {
    for (const property of properties) {
      it(`${subject}: ${property.holds}`, () => tryOut(property));
    }
  }
});
