import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeLastWords } from '../../crds/last-words.ts';
import type { Clock } from '../export/clock.ts';
import { TerminationLog } from './termination-log.ts';
import { findingNumber } from './testing/findings.ts';

/** The kubelet's file, and a log in it whose pauses end when they are told to. */
function container(before = '') {
  const folder = mkdtempSync(join(tmpdir(), 'chaperone-words-'));
  const path = join(folder, 'termination-log');
  writeFileSync(path, before);
  const pauses: (() => void)[] = [];
  const after: Clock['after'] = (_, action) => {
    pauses.push(action);
    return () => {};
  };
  const faults: string[] = [];
  const clock = { now: () => 0, wall: () => new Date(), after };
  return {
    log: new TerminationLog({ path, clock, onFault: (message) => void faults.push(message) }),
    pass: () => pauses.splice(0).forEach((end) => void end()),
    says: () => readFileSync(path, 'utf8'),
    faults,
    path,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

const [one, two] = [findingNumber(1), findingNumber(2)];

test('what waits stands in the termination message at once, and no longer when it was told', () => {
  using pod = container();
  pod.log.keep([one]);
  assert.equal(pod.says(), writeLastWords([one]));
  pod.pass();
  pod.log.keep([]);
  assert.equal(pod.says(), '');
});

test('however often it changes it is written once in a while, the last word at the end', () => {
  using pod = container();
  pod.log.keep([one]);
  for (let n = 0; n < 100; n += 1) pod.log.keep([two, findingNumber(n)]);
  pod.log.keep([two]);
  assert.equal(pod.says(), writeLastWords([one]));
  pod.pass();
  assert.equal(pod.says(), writeLastWords([two]));
  pod.log.keep([]);
  pod.log.close();
  assert.equal(pod.says(), '');
});

test('what an earlier process of the container could not take back is taken back', () => {
  using pod = container(writeLastWords([one]));
  pod.log.keep([]);
  assert.equal(pod.says(), '');
});

test('why the sensor is not armed is left as it is', () => {
  using pod = container('the kernel has no BTF');
  pod.log.keep([one]);
  pod.log.close();
  assert.equal(pod.says(), 'the kernel has no BTF');
});

test('a file that is not there is said once and made by nobody', () => {
  using pod = container();
  rmSync(pod.path);
  for (let n = 0; n < 3; n += 1) pod.log.keep([findingNumber(n)]);
  assert.equal(pod.faults.length, 1);
  assert.match(pod.faults[0] ?? '', /^the termination message cannot be written: ENOENT/);
});
