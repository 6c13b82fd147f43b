import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countEach } from './decode/kernel-events.ts';
import { FakeKernel, type FakeProcess, helloEvent, statsEvent } from './lineage/testing/fake-kernel.ts';
import {
  childrenOf,
  drawSpans,
  executionsOf,
  pushAll,
  record,
  replay,
  spanNamed,
  stepOf,
} from './lineage/testing/recording.ts';
import { startStep, startWorker } from './lineage/testing/start-steps.ts';
import { defaultBudget } from './spans/budget.ts';
import type { FinishedSpan } from './spans/finished-span.ts';
import { noPolicy } from './spans/policy-view.ts';

const none = countEach(() => 0);

const command = { kind: 'command', name: 'sh -c x', seed: 'one' } as const;

/** A command's shell, as local mode starts it. */
function startShell(kernel: FakeKernel): FakeProcess {
  const shell = kernel.process();
  kernel.exec(shell, '/bin/sh', { path: '/usr/bin/dash', argv: ['sh', '-c', 'x'] });
  return shell;
}

test('two thousand executions of one program are told exactly', () => {
  const kernel = new FakeKernel();
  const shell = startShell(kernel);
  for (let index = 0; index < 2_000; index += 1) kernel.run(shell, '/bin/true');
  kernel.exit(shell);
  const { spans, summary } = replay(kernel, { engine: 'generic', identity: command });
  assert.deepEqual(executionsOf(spans), { sh: 1, true: 2_000 });
  assert.deepEqual(summary.executions, { sh: 1, true: 2_000 });
  assert.ok(spans.length <= defaultBudget.stepProcesses + 3);
  assert.equal(spanNamed(spans, 'sh').attributes['process.executable.name'], 'dash');
  const [job] = spans.slice(-1);
  assert.equal(job?.attributes['chaperone.coverage.folded.processes'], summary.jobs[0]?.folded.processes);
});

test('what short processes started themselves is folded with them, and still counted', () => {
  const kernel = new FakeKernel();
  const shell = startShell(kernel);
  for (let index = 0; index < 400; index += 1) {
    const inner = kernel.spawn(shell, '/bin/inner');
    for (let nth = 0; nth < 3; nth += 1) kernel.run(inner, '/bin/true');
    kernel.exit(inner);
  }
  kernel.exit(shell);
  const { spans } = replay(kernel, { engine: 'generic', identity: command });
  assert.deepEqual(executionsOf(spans), { sh: 1, inner: 400, true: 1_200 });
  assert.ok(spans.filter(({ attributes }) => 'process.pid' in attributes).length <= defaultBudget.stepProcesses);
});

test('a process span has what is known of the process, and success leaves its status unset', () => {
  const kernel = new FakeKernel();
  const shell = startShell(kernel);
  kernel.run(shell, '/usr/bin/curl', { argv: ['curl', '--token', 'abc', 'x'], cwd: '/src', code: 22 });
  kernel.exit(shell);
  const span = spanNamed(replay(kernel, { identity: command }).spans, 'curl');
  assert.deepEqual(span.attributes, {
    'process.executable.name': 'curl',
    'process.executable.path': '/usr/bin/curl',
    'process.pid': 101,
    'process.vpid': 101,
    'process.parent_pid': 100,
    'process.command_args': ['curl', '--token', '[REDACTED]', 'x'],
    'process.working_directory': '/src',
    'process.exit.code': 22,
    'process.user.id': 1000,
    'process.creation.time': '2023-11-14T22:13:21.003Z',
  });
  assert.equal(span.error, null);
});

test('death by a signal is an error, and has no exit code', () => {
  const kernel = new FakeKernel();
  const shell = startShell(kernel);
  kernel.exit(kernel.spawn(shell, '/usr/bin/cc1'), 0, 9);
  kernel.exit(shell, 1);
  const { spans } = replay(kernel, { identity: command });
  const killed = spanNamed(spans, 'cc1');
  assert.deepEqual(
    [killed.error, killed.attributes['error.type'], killed.attributes['process.exit.code']],
    [{}, 'SIGKILL', undefined],
  );
  assert.equal(spanNamed(spans, 'sh').attributes['error.type'], '1');
});

test('a connection is a client span of its process', () => {
  const kernel = new FakeKernel();
  const shell = startShell(kernel);
  const curl = kernel.spawn(shell, '/usr/bin/curl');
  const connect = kernel.connect(curl, '2001:db8::1', 443);
  kernel.exit(curl);
  kernel.close(curl, connect);
  kernel.exit(shell);
  const { spans } = replay(kernel, { identity: command });
  const connection = spanNamed(spans, 'connect [2001:db8::1]:443');
  assert.equal(connection.parentSpanId, spanNamed(spans, 'curl').spanId);
  assert.deepEqual(connection.attributes, {
    'server.address': '2001:db8::1',
    'server.port': 443,
    'network.transport': 'tcp',
    'network.type': 'ipv6',
    'network.peer.address': '2001:db8::1',
    'network.peer.port': 443,
    'chaperone.connection.outcome': 'established',
    'chaperone.bytes.sent': 100,
    'chaperone.bytes.received': 2_000,
  });
  assert.deepEqual([connection.end - connection.start, connection.error], [2_000_000n, null]);
});

test('a process that made a connection is never folded, however much noise there is', () => {
  const kernel = new FakeKernel();
  const shell = startShell(kernel);
  for (let index = 0; index < 5_000; index += 1) kernel.run(shell, '/bin/true');
  const thief = kernel.spawn(kernel.spawn(shell, '/bin/noise'), '/bin/thief');
  kernel.connect(thief, '203.0.113.9', 443);
  kernel.exit(thief);
  kernel.exit(shell);
  const { spans } = replay(kernel, { identity: command });
  assert.equal(spanNamed(spans, 'connect 203.0.113.9:443').parentSpanId, spanNamed(spans, 'thief').spanId);
  assert.equal(spanNamed(spans, 'thief').parentSpanId, spanNamed(spans, 'noise').spanId);
});

test('connections fold by address and port, with exact counts', () => {
  const kernel = new FakeKernel();
  const shell = startShell(kernel);
  for (let index = 0; index < 500; index += 1) kernel.connect(shell, '192.0.2.1', index % 2 === 0 ? 80 : 443);
  kernel.exit(shell);
  const { spans } = replay(kernel, { identity: command });
  const connections = spans.filter(({ kind }) => kind === 'client');
  assert.equal(connections.length, defaultBudget.processConnections + 2);
  const count = (name: string) =>
    connections
      .filter((span) => span.name === name)
      .reduce((sum, { attributes }) => sum + Number(attributes['aggregation.span_count'] ?? 1), 0);
  assert.deepEqual([count('connect 192.0.2.1:80'), count('connect 192.0.2.1:443')], [250, 250]);
});

test('with trace.processes None there are connections and steps, and no processes', () => {
  const kernel = new FakeKernel();
  const shell = startShell(kernel);
  kernel.connect(kernel.spawn(shell, '/usr/bin/curl'), '192.0.2.1', 443);
  kernel.exit(shell);
  const { spans, summary } = replay(kernel, { identity: command, policy: () => ({ ...noPolicy, processes: 'None' }) });
  assert.equal(drawSpans(spans), 'sh -c x\n  sh -c x\n    connect 192.0.2.1:443');
  assert.deepEqual(summary.executions, { sh: 1, curl: 1 });
});

test('a policy and what was wrong with a newer one stand on the job', () => {
  const policy = {
    ...noPolicy,
    names: ['web-ci', 'base'],
    mode: 'Enforce',
    hash: 'sha256:1',
    error: 'the signature is wrong',
  } as const;
  const kernel = new FakeKernel();
  kernel.exit(startShell(kernel));
  const { attributes } = replay(kernel, { identity: command, policy: () => policy }).spans.at(-1) as FinishedSpan;
  assert.equal(attributes['chaperone.policy.name'], 'web-ci,base');
  assert.equal(attributes['chaperone.policy.mode'], 'Enforce');
  assert.equal(attributes['chaperone.policy.hash'], 'sha256:1');
  assert.equal(attributes['chaperone.policy.error'], 'the signature is wrong');
});

test('a policy can give each job a trace of its own, linked to that of the run', () => {
  const play = (scope: 'Run' | 'Job') => {
    const kernel = new FakeKernel();
    const worker = startWorker(kernel);
    kernel.exit(startStep(kernel, worker, 'build'));
    kernel.exit(worker, 100);
    return replay(kernel, { policy: () => ({ ...noPolicy, scope }) }).spans.at(-1) as FinishedSpan;
  };
  const [inRun, own] = [play('Run'), play('Job')];
  assert.deepEqual([inRun.links, own.links.map(({ traceId }) => traceId)], [[], [inRun.traceId]]);
  assert.notEqual(own.traceId, inRun.traceId);
});

test('what was lost is on the job, from both sides', () => {
  const kernel = new FakeKernel();
  const shell = startShell(kernel);
  kernel.run(shell, '/bin/one');
  kernel.exit(shell);
  const { pipeline, spans } = record({ identity: command });
  const [lost] = kernel.events.splice(2, 1);
  assert.equal(lost?.kind, 'exec');
  pushAll(pipeline, [helloEvent(), ...kernel.events]);
  pipeline.push(
    statsEvent({
      produced: { ...none, fork: 1, exec: 2, exit: 2 },
      lost: { ...none, exec: 1 },
    }),
  );
  const { coverage } = pipeline.finish(helloEvent().realtimeOffsetNs + kernel.now);
  assert.deepEqual([coverage.lost.exec, coverage.gaps, coverage.complete], [1, 1, false]);
  const job = spans.at(-1);
  assert.equal(job?.attributes['chaperone.coverage.lost.exec'], 1);
  assert.equal(job?.attributes['chaperone.coverage.produced.exec'], 2);
  assert.equal(job?.attributes['chaperone.coverage.delivered.exec'], 1);
});

test('a tail of events that never came is missed although no number is skipped and no loss was counted', () => {
  const kernel = new FakeKernel();
  const shell = startShell(kernel);
  kernel.exit(shell);
  const { pipeline, spans } = record({ identity: command });
  const produced = { ...none, fork: 1, exec: 1, exit: 2 };
  pushAll(pipeline, [helloEvent(), ...kernel.events, statsEvent({ produced }), { kind: 'flushed', id: 1 }]);
  const { coverage } = pipeline.finish(helloEvent().realtimeOffsetNs + kernel.now);
  assert.deepEqual([coverage.gaps, coverage.lost.exit, coverage.complete], [0, 0, false]);
  assert.equal(spans.at(-1)?.attributes['chaperone.coverage.unaccounted'], coverage.unaccounted);
});

test('a sensor that could not load gives one span, whose resource says why', () => {
  const { spans, resources } = replay(
    new FakeKernel(),
    {},
    helloEvent({ armed: false, tier: 'blind', reason: 'the kernel has no BTF' }),
  );
  assert.equal(spans.length, 1);
  assert.equal(resources[0]?.['chaperone.sensor.reason'], 'the kernel has no BTF');
  assert.equal(resources[0]?.['chaperone.sensor.armed'], false);
});

test('spans leave as they end, and the job once the probe has said its last', () => {
  const kernel = new FakeKernel();
  const { pipeline, spans } = record();
  const worker = startWorker(kernel);
  const build = startStep(kernel, worker, 'build');
  kernel.run(build, '/usr/bin/make');
  pushAll(pipeline, [helloEvent(), ...kernel.events.splice(0)]);
  assert.deepEqual(
    spans.map(({ name }) => name),
    ['make'],
  );
  kernel.exit(build);
  pushAll(pipeline, kernel.events.splice(0));
  pipeline.tick(helloEvent().realtimeOffsetNs + kernel.now + 3_000_000_000n);
  assert.deepEqual(
    spans.map(({ name }) => name),
    ['make', 'bash', 'build'],
  );
  kernel.exit(worker, 100);
  pushAll(pipeline, kernel.events.splice(0));
  assert.equal(spans.length, 3);
  pipeline.push({ kind: 'flushed', id: 1 });
  assert.equal(spans.at(-1)?.attributes['cicd.pipeline.task.run.result'], 'success');
});

test('a daemon that outlives its step and its job still finds its parent', () => {
  const kernel = new FakeKernel();
  const { pipeline, spans } = record();
  const worker = startWorker(kernel);
  const build = startStep(kernel, worker, 'build');
  const daemon = kernel.spawn(build, '/usr/bin/daemon');
  kernel.exit(build);
  kernel.exit(worker, 100);
  pushAll(pipeline, [helloEvent(), ...kernel.events.splice(0), { kind: 'flushed', id: 1 }]);
  const before = spans.length;
  kernel.run(daemon, '/usr/bin/late');
  kernel.close(daemon, kernel.connect(daemon, '192.0.2.7', 443));
  kernel.exit(daemon);
  pushAll(pipeline, kernel.events);
  pipeline.finish(helloEvent().realtimeOffsetNs + kernel.now);
  assert.deepEqual(
    spans.slice(before).map(({ name }) => name),
    ['late', 'connect 192.0.2.7:443', 'daemon'],
  );
  assert.equal(stepOf(spans, spanNamed(spans, 'late'))?.name, 'build');
  assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, spans.length);
});

test('children never lie above their parents in what is given: each span comes after all below it, but for what is left behind', () => {
  const kernel = new FakeKernel();
  const shell = startShell(kernel);
  const make = kernel.spawn(shell, '/usr/bin/make');
  kernel.run(make, '/usr/bin/cc');
  kernel.exit(make);
  kernel.exit(shell);
  const { spans } = replay(kernel, { identity: command });
  const order = new Map(spans.map((span, index) => [span.spanId, index]));
  for (const span of spans)
    for (const child of childrenOf(spans, span))
      assert.ok((order.get(child.spanId) ?? 0) < (order.get(span.spanId) ?? 0));
});

test('a runner that does one job after the other gives each its own trace', () => {
  const kernel = new FakeKernel();
  const listener = kernel.process();
  const { pipeline, spans } = record();
  pipeline.push(helloEvent());
  for (let index = 0; index < 40; index += 1) {
    const worker = kernel.spawn(listener, '/home/runner/bin/Runner.Worker');
    const env = { GITHUB_ACTION: 'build', GITHUB_RUN_ID: String(90_000 + index), RUNNER_NAME: 'runner-1' };
    kernel.exit(kernel.spawn(worker, '/usr/bin/bash', { env }));
    kernel.exit(worker, 100);
    pushAll(pipeline, [...kernel.events.splice(0), { kind: 'flushed', id: index }]);
    pipeline.tick(helloEvent().realtimeOffsetNs + kernel.now);
  }
  assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 40);
  assert.equal(spans.length, 120);
  assert.equal(pipeline.finish(helloEvent().realtimeOffsetNs + kernel.now).jobs.length, 32);
  assert.equal(spans.length, 120);
});

test('started again with nothing left to see, it gives nothing a second time', () => {
  assert.deepEqual(replay(new FakeKernel(), {}, helloEvent({ restarts: 1 })).spans, []);
});
