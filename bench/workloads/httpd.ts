// The one httpd that all rivals of a workload are asked through.

import { type Httpd, startHttpd } from '../../apache/httpd.js';
import type { Stage } from '../stage.js';

const MODULES = [
  'mime',
  'alias',
  'dir',
  'actions',
  'env',
  'cgid',
  'proxy',
  'proxy_fcgi',
  'proxy_http',
];
/** More threads than are ever asked for, from the start: none is made or ended under load. */
const CONFIG = `
StartServers 2
ServerLimit 2
ThreadsPerChild 64
MaxRequestWorkers 128
MinSpareThreads 16
MaxSpareThreads 128
MaxKeepAliveRequests 0
KeepAliveTimeout 60
Timeout 120
LogLevel warn`;

/** @param configs of the rivals */
export function startSharedHttpd(stage: Stage, configs: readonly string[]): Promise<Httpd> {
  return startHttpd({
    modules: [...MODULES, `wasm=${stage.module}`],
    config: [CONFIG, ...configs].join('\n'),
  });
}
