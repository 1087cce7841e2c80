// Every scenario, in the order of the table.

import { diskFull, replaced, unwritable } from './files.js';
import { overload } from './overload.js';
import { balancer, graceful, kills } from './restarts.js';
import type { Scenario } from './scenario.js';
import { aborts, slowReaders, slowWriters } from './slow.js';
import { snapshots } from './snapshots.js';
import { clock, descriptors } from './system.js';

export const SCENARIOS: readonly Scenario[] = [
  overload,

  slowReaders,
  slowWriters,
  aborts,
  kills,
  graceful,
  balancer,
  replaced,
  diskFull,
  unwritable,
  descriptors,
  clock,
  snapshots,
];
