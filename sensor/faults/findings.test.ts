import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastWordsMark } from '../../crds/last-words.ts';
import { skip } from '../probe/testing/machine.ts';
import { type FaultPod, smallDisk, startFaultPod, until } from './testing/fault-pod.ts';
import type { Conduct } from './testing/gateway.ts';
import { jobSpan } from './testing/verdict.ts';

const thieves = ['one', 'two', 'three', 'four'];

/** By whom the gateway was told that the runner's memory was read. */
function told({ gateway }: FaultPod): string[] {
  return gateway.findings.map(({ finding }) => finding.processes?.at(-1) ?? '').sort();
}

/** Ends the job, and holds what its span says of how findings were told against what came. */
async function endJob(pod: FaultPod, job: Promise<unknown>): Promise<Record<string, unknown>> {
  await pod.stepDone('steal');
  await pod.openGate();
  await job;
  const { attributes } = await jobSpan(pod);
  assert.equal(await pod.end(), 0);
  return attributes;
}

/** The first requests are met so; then the gateway is well again. */
const faults: [name: string, conduct: (body: string, nth: number) => Conduct][] = [
  ['is slow', (_, nth) => (nth < 1 ? { afterMs: 1_500 } : {})],
  ['answers 413 to more than one', (body) => ({ status: body.split('"version"').length > 2 ? 413 : 200 })],
  ['answers 429 with Retry-After', (_, nth) => ({ status: nth < 2 ? 429 : 200, retryAfter: '1' })],
  ['answers 503', (_, nth) => ({ status: nth < 2 ? 503 : 200 })],
  ['answers 404, being older', (_, nth) => ({ status: nth < 2 ? 404 : 200 })],
  ['resets the connection in the middle of the request', (_, nth) => (nth < 2 ? { cut: 'request' } : {})],
  [
    'answers 200 with a page of somebody else',
    (_, nth) => ({ status: nth < 2 ? 201 : 200, body: nth < 2 ? '<html>' : '{}' }),
  ],
];

for (const [name, conduct] of faults) {
  test(`a gateway that ${name} is told every finding, once`, { skip }, async () => {
    await using pod = await startFaultPod({ watchFiles: 'Always' });
    pod.gateway.conductFindings = conduct;
    const job = pod.startThefts(thieves);
    const isAnswered = () => pod.gateway.findingAnswers === pod.gateway.findingRequests;
    await until(() => told(pod).length === thieves.length && isAnswered() && pod.lastWords === '');
    const attributes = await endJob(pod, job);
    assert.deepEqual(told(pod), thieves.toSorted());
    assert.equal(attributes['chaperone.coverage.findings.delivered'], thieves.length);
    assert.equal(pod.lastWords, '');
  });
}

test('a finding that the gateway refuses for good is said on the job, and takes no other along', { skip }, async () => {
  await using pod = await startFaultPod({ watchFiles: 'Always' });
  pod.gateway.conductFindings = (body) => ({ status: body.includes('"two"') ? 400 : 200 });
  const job = pod.startThefts(thieves);
  await until(() => told(pod).length === thieves.length - 1);
  const attributes = await endJob(pod, job);
  assert.deepEqual(told(pod), ['four', 'one', 'three']);
  assert.equal(attributes['chaperone.coverage.findings.cause.refused'], 1);
});

test('with the gateway away a finding waits, also in the last words, and is delivered', { skip }, async () => {
  await using pod = await startFaultPod({ watchFiles: 'Always' });
  await pod.gateway.leave();
  const job = pod.startThefts(thieves);
  await until(() => pod.lastWords.startsWith(`${lastWordsMark} 4\n{"version":1,`));
  await pod.gateway.listen();
  await until(() => told(pod).length === thieves.length);
  await until(() => pod.lastWords === '');
  await endJob(pod, job);
  assert.deepEqual(told(pod), thieves.toSorted());
});

test('Node killed between a finding and the answer to it: the next one tells it, and nothing is told anew', {
  skip,
}, async () => {
  await using pod = await startFaultPod({ watchFiles: 'Always' });
  const job = pod.startThefts(['early', 'late'], 1);
  await until(() => told(pod).length === 1 && pod.lastWords === '');
  let isHeld = true;
  pod.gateway.conductFindings = () => (isHeld ? { afterMs: 5_000 } : {});
  await until(() => pod.gateway.findingRequests === 2);
  const { node } = pod;
  process.kill(node, 'SIGKILL');
  await until(() => pod.node > 0 && pod.node !== node);
  isHeld = false;
  await until(() => pod.gateway.findingRequests === 3);
  await endJob(pod, job);
  // That the sensor was started again is a finding too.
  assert.deepEqual(told(pod), ['', 'early', 'late', 'late']);
});

test('with a full disk too a finding waits and is delivered', { skip }, async () => {
  await using pod = await startFaultPod({ watchFiles: 'Always', wrapper: smallDisk('4k') });
  await pod.gateway.leave();
  const job = pod.startThefts(thieves);
  await until(() => pod.lastWords.startsWith(`${lastWordsMark} 4\n`));
  await pod.gateway.listen();
  await until(() => told(pod).length === thieves.length && pod.lastWords === '');
  await endJob(pod, job);
  assert.deepEqual(told(pod), thieves.toSorted());
});

test('the sensor killed with the gateway away leaves its findings behind as last words', { skip }, async () => {
  await using pod = await startFaultPod({ watchFiles: 'Always' });
  await pod.gateway.leave();
  pod.startThefts(thieves).catch(() => {});
  await until(() => pod.lastWords.startsWith(`${lastWordsMark} 4\n`));
  const { node } = pod;
  process.kill(pod.probe, 'SIGKILL');
  process.kill(node, 'SIGKILL');
  await pod.ended();
  assert.match(pod.lastWords, /"rule":"runner-memory"/);
});
