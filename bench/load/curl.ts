// Large bodies, one after another, by curl: wrk would hold each of them in memory.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { percentile } from '../statistics.js';
import { type Answered, type Question, WrongAnswer } from './load.js';

const FORMAT = '%{http_code} %{size_download} %{time_total}\n';

/**
 * Asks `times` times in one process, on one connection as far as it is kept.
 * @param file the body to send with POST; undefined: GET
 * @throws WrongAnswer
 */
export async function askByCurl(
  { url, headers, answerBytes }: Question,
  times: number,
  file?: string,
): Promise<Answered> {
  const head = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  // Without "Expect:" curl waits for a "100 Continue" first.
  const body = file === undefined ? [] : ['-X', 'POST', '-T', file, '-H', 'Expect:'];
  const one = ['-sS', '-o', '/dev/null', '-w', FORMAT, ...head, ...body, url];
  const more = Array.from({ length: times - 1 }, () => ['--next', ...one]).flat();
  const { stdout } = await promisify(execFile)('curl', [...one, ...more]);
  const seconds = stdout.trimEnd().split('\n').map(secondsOf);
  const ms = seconds.map((second) => second * 1000).sort((a, b) => a - b);
  return {
    requests: times,
    seconds: seconds.reduce((sum, second) => sum + second, 0),
    p50Ms: percentile(ms, 0.5),
    p99Ms: percentile(ms, 0.99),
  };

  function secondsOf(line: string): number {
    const [status, bytes, seconds = NaN] = line.split(' ').map(Number);
    if (status === 200 && bytes === answerBytes) return seconds;
    throw new WrongAnswer(`${status} with ${bytes} bytes, not 200 with ${answerBytes} bytes`);
  }
}
