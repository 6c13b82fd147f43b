import assert from 'node:assert/strict';
import { eventClasses } from '../../decode/kernel-events.ts';
import { classOf } from '../../export/span-class.ts';
import type { FinishedSpan } from '../../spans/finished-span.ts';
import { type FaultPod, until } from './fault-pod.ts';

/** The job's span, once it is there; a sensor is told of the job's end within seconds. */
export async function jobSpan({ gateway, log }: FaultPod): Promise<FinishedSpan> {
  const find = () => [...gateway.spans.values()].find((span) => classOf(span) === 'job');
  await until(() => find() !== undefined).catch((cause: unknown) => {
    throw new Error(`${gateway.spans.size} spans came, the job's not; the sensor said: ${log()}`, { cause });
  });
  return find() as FinishedSpan;
}

/** Every class: what was produced was delivered or lost, and nothing is unaccounted for. */
export function assertAccountCloses({ attributes }: FinishedSpan): void {
  const count = (name: string) => Number(attributes[`chaperone.coverage.${name}`] ?? 0);
  for (const each of eventClasses)
    assert.equal(count(`produced.${each}`), count(`delivered.${each}`) + count(`lost.${each}`), each);
  assert.equal(count('unaccounted'), 0);
}

/** The job and both its steps are there; a fault itself may be a finding, told once. */
export function assertPriorityLane({ gateway }: FaultPod): void {
  const names = [...gateway.spans.values()].filter(({ priority }) => priority).map(({ name }) => name);
  assert.equal(new Set(names).size, names.length, names.join(', '));
  assert.deepEqual(names.filter((name) => name !== 'finding sensor-restarted').sort(), ['one', 'runner-1', 'two']);
}

/** Nothing is missing: by the sensor's word, and by what the steps counted themselves. */
export function assertNothingLost(pod: FaultPod, job: FinishedSpan, count: number, kills = 0): void {
  assert.equal(job.attributes['chaperone.coverage.complete'], true, JSON.stringify(job.attributes));
  // Each step: its shell, the programs, and the one that connects.
  const expected = { processes: 2 * (count + 2), connections: 2 * count };
  assert.equal(job.attributes['chaperone.processes.count'], expected.processes);
  assert.equal(job.attributes['chaperone.connections.count'], expected.connections);
  assert.deepEqual(countTold(pod), expected);
  // Each kill may find one request on its way, whose answer nobody heard.
  assert.deepEqual(pod.gateway.changed, []);
  assert.ok(pod.gateway.needless <= kills, `${pod.gateway.needless} requests came again`);
}

/** What the spans that arrived tell of, one by one and in summaries. */
function countTold({ gateway }: FaultPod): { processes: number; connections: number } {
  const told = { processes: 0, connections: 0 };
  for (const span of gateway.spans.values()) {
    const folded = Number(span.attributes['aggregation.span_count'] ?? 1);
    if (classOf(span) === 'process') told.processes += folded;
    if (classOf(span) === 'connection') told.connections += folded;
  }
  return told;
}
