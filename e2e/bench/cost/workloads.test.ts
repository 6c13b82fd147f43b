import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Counts, workloads } from './workloads.ts';

function truthOf(name: string, size: number): Counts | undefined {
  return workloads.find((workload) => workload.name === name)?.truth(size);
}

test('a storm of processes executes each of them, and itself', () => {
  assert.deepEqual(truthOf('exec-storm', 500), { executions: 501, connections: 0, questions: 0 });
});

test('a build executes make, three programs a file, and three to link', () => {
  assert.equal(truthOf('build', 40)?.executions, 124);
});

test('storms of connections and questions count each of them', () => {
  assert.deepEqual(truthOf('connect-storm', 7), { executions: 1, connections: 7, questions: 0 });
  assert.deepEqual(truthOf('dns-storm', 7), { executions: 1, connections: 0, questions: 7 });
});

test('a steady load comes to its rate times its seconds', () => {
  assert.deepEqual(truthOf('steady', 5), { executions: 5_001, connections: 5_000, questions: 0 });
});

test('a session of an agent counts its tool calls, and nothing that is the agent’s own affair', () => {
  assert.deepEqual(truthOf('agent-session', 200), { 'tool calls': 200 });
});

test('every workload counts something, and has a name of its own', () => {
  assert.equal(new Set(workloads.map(({ name }) => name)).size, workloads.length);
  for (const { truth, size } of workloads) assert.ok(Object.values(truth(size)).some((count) => count >= 1));
});
