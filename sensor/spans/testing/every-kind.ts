import { agentProcesses, startServer } from '../../agents/testing/agent-processes.ts';
import { countEach } from '../../decode/kernel-events.ts';
import { parseJobMessage } from '../../engines/github-actions/job-message.ts';
import { jobMessage, scriptStep, WorkerLogText } from '../../engines/github-actions/testing/worker-log-text.ts';
import { Ledger } from '../../export/account.ts';
import { deliveryWord } from '../../export/delivery-attributes.ts';
import { FakeKernel, type FakeProcess, helloEvent, statsEvent } from '../../lineage/testing/fake-kernel.ts';
import { pushAll, type Recording, record, replay } from '../../lineage/testing/recording.ts';
import { serverNameExtension, writeHello } from '../../names/testing/hello-bytes.ts';
import { defaultBudget } from '../budget.ts';
import { noPolicy } from '../policy-view.ts';

const usage = { userTime: 1_500_000_000n, systemTime: 250_000_000n, peakMemory: 1_048_576 };

/** Jobs in which everything happens that a span can tell of. Whoever adds an attribute adds here what brings it about. */
export function everyKind(): Recording[] {
  return [workflowJob(), branchJob(), fullJob(), commandWithoutProcesses(), unseenJob(), agentJob()];
}

function workflowJob(): Recording {
  const kernel = new FakeKernel();
  const before = kernel.process();
  const worker = kernel.spawn(kernel.process(), '/home/runner/bin/Runner.Worker');
  kernel.run(worker, '/usr/bin/tar', { origin: 'runner' } as object);
  kernel.run(before, '/usr/bin/ps');
  const env = {
    GITHUB_ACTION: 'build',
    GITHUB_ACTION_REPOSITORY: 'actions/setup',
    GITHUB_ACTION_REF: 'v4',
    RUNNER_NAME: 'runner-1',
    GITHUB_REF: 'refs/pull/7/merge',
  };
  const step = kernel.spawn(worker, '/usr/bin/bash', { env });
  playProcesses(kernel, step);
  playNetwork(kernel, step);
  playFiles(kernel, step);
  for (let index = 0; index < 400; index += 1) kernel.run(step, '/bin/true');
  kernel.exit(step, 1, 0, usage);
  kernel.exit(worker, 102);
  const message = parseJobMessage(
    new WorkerLogText().message(
      jobMessage({ steps: [scriptStep('build', 'Build')], github: { ref: 'refs/pull/7/merge' } }),
    ).text,
  );
  const policy = { ...noPolicy, names: ['web-ci'], hash: 'sha256:1', error: 'the signature is wrong' };
  return replay(kernel, {
    jobLogs: { open: () => ({ message: () => message, label: () => null }) },
    policy: () => policy,
    resource: {
      'k8s.namespace.name': 'ci',
      'k8s.pod.name': 'runner-1',
      'k8s.pod.uid': '0a1b',
      'k8s.node.name': 'node-1',
    },
    budget: { ...defaultBudget, processConnections: 4 },
  });
}

function playProcesses(kernel: FakeKernel, step: FakeProcess): void {
  const traits = { memfd: true, unlinked: true, script: true, descriptor: true, secure: true };
  const script = kernel.spawn(step, '/src/run.sh', { path: '/bin/sh', traits, argv: Array(40).fill('x') });
  kernel.socket(script, 'raw');
  kernel.changeCredentials(script, { uid: 0, euid: 0, gid: 0, egid: 0, capabilities: 3n, namespaceLevel: 1 });
  for (let index = 0; index < 70; index += 1) kernel.changeCredentials(script, { uid: index });
  kernel.exit(script, 0, 9, usage);
  const sudo = kernel.spawn(step, '/usr/bin/sudo');
  Object.assign(kernel.events.at(-1) ?? {}, { euid: 0, suid: 1, argvBytes: 9_000, argvTruncated: true });
  kernel.exit(sudo);
  kernel.run(step, '/lib/ld-linux.so.2', { argv: ['/lib/ld-linux.so.2', '/opt/tool'] });
}

function playNetwork(kernel: FakeKernel, step: FakeProcess): void {
  const curl = kernel.spawn(step, '/usr/bin/curl');
  kernel.resolve(curl, 'nowhere.example.com', null);
  kernel.resolve(curl, 'mirror.example.com', ['192.0.2.1']);
  kernel.close(curl, kernel.connect(curl, '192.0.2.1', 443));
  kernel.close(curl, kernel.accept(curl, 8080), { errno: 104 });
  const udp = { socket: 'shared', transport: 'udp' } as const;
  kernel.connect(curl, '192.0.2.3', 53, udp);
  kernel.close(curl, kernel.connect(curl, '192.0.2.4', 53, udp), { started: 0n });
  kernel.exit(curl);
  const openssl = kernel.spawn(step, '/usr/bin/openssl');
  for (const name of ['a.example.com', 'b.example.com']) kernel.resolve(openssl, name, ['192.0.2.5']);
  kernel.connect(openssl, '192.0.2.5', 443);
  const hello = writeHello({ extensions: [serverNameExtension('c.example.com')] });
  kernel.opening(openssl, kernel.connect(openssl, '192.0.2.6', 443), hello);
  const proxied = Buffer.from('CONNECT d.example.com:443 HTTP/1.1\r\n\r\n');
  kernel.opening(openssl, kernel.connect(openssl, '192.0.2.7', 3128), proxied);
  for (let index = 0; index < 9; index += 1) kernel.connect(openssl, '192.0.2.2', 80);
  kernel.exit(openssl);
}

function playFiles(kernel: FakeKernel, step: FakeProcess): void {
  const editor = kernel.spawn(step, '/usr/bin/vi');
  kernel.file(editor, '/tmp/one', { operation: 'rename', path2: '/tmp/two', pathTruncated: true });
  kernel.file(editor, '/proc/1/environ', { operation: 'read' });
  kernel.file(editor, '', { operation: 'uring', source: 'none', request: 'openat' });
  kernel.reach(editor, step, { denied: true });
  kernel.takePrivilege(editor);
  kernel.takePrivilege(editor, { act: 'bpf', name: 'probe', programType: 5, namespaces: [] });
  const lost = kernel.events.length;
  kernel.changeCredentials(editor, { capabilities: 0n });
  Object.assign(kernel.events[lost] ?? {}, { before: { ...rootBefore, capabilities: 3n } });
  kernel.exit(editor);
}

const rootBefore = { uid: 1000, euid: 1000, gid: 1000, egid: 1000, namespaceLevel: 0 };

/** Of a branch, not of a pull request; the runner's log is not there, an event was lost, and the probe had every trouble that there is. */
function branchJob(): Recording {
  const kernel = new FakeKernel();
  const worker = kernel.spawn(kernel.process(), '/home/runner/bin/Runner.Worker');
  const env = {
    GITHUB_ACTION: 'build',
    GITHUB_RUN_ID: '90001',
    RUNNER_NAME: 'runner-1',
    GITHUB_REF: 'refs/heads/main',
  };
  kernel.exit(kernel.spawn(worker, '/usr/bin/bash', { env }));
  kernel.exit(worker, 100);
  const findings = Object.assign(new Ledger(), { added: 1, sent: 1 }).read(0, 0);
  const { pipeline, ...recorded } = record({ delivery: () => deliveryWord(new Ledger().read(0, 0), findings) });
  const none = countEach(() => 0);
  pushAll(pipeline, [
    helloEvent({ started: '0' }),
    helloEvent(),
    ...kernel.events,
    { kind: 'undecoded', why: 'unknown', eventClass: null },
    { kind: 'unanswered' },
    statsEvent({ produced: { ...none, exec: 9 }, lost: { ...none, exec: 1 }, detached: 1 }),
  ]);
  return { ...recorded, summary: pipeline.finish(helloEvent().realtimeOffsetNs + kernel.now) };
}

/** A job that has nothing left for the changes of a file. */
function fullJob(): Recording {
  const kernel = new FakeKernel();
  const shell = kernel.process();
  kernel.exec(shell, '/bin/sh');
  for (let index = 0; index < 30; index += 1) kernel.run(shell, '/bin/true');
  kernel.file(shell, '/tmp/one');
  kernel.exit(shell);
  return replay(kernel, { engine: 'generic', budget: { ...defaultBudget, jobSpans: 40 } });
}

function commandWithoutProcesses(): Recording {
  return replay(new FakeKernel(), { identity: { kind: 'command', name: 'make', seed: 'one' } });
}

const agentIds = ['0199a213-81c0-7800-8aa1-bbab2a035a53', '0199a213-81c0-7800-8aa1-bbab2a035a54'] as const;

/** A coding agent fails in a command, and leaves a process running. */
function agentJob(): Recording {
  const kernel = new FakeKernel();
  const shell = kernel.spawn(kernel.process(), '/bin/sh');
  for (const processes of agentProcesses) {
    const agent = processes.start(kernel, shell);
    agent.ofAgent = true;
    const ids = { session: agentIds[0], thread: agentIds[1], call: 'call_1' };
    const call = processes.call(kernel, agent, 'npm install', processes.variables(ids));
    const npm = kernel.spawn(call, '/usr/bin/npm');
    kernel.connect(npm, '192.0.2.1', 443);
    kernel.file(npm, '/work/package-lock.json');
    kernel.file(npm, '/root/.npmrc', { operation: 'read' });
    kernel.exit(call, 1);
    const server = startServer(kernel, agent);
    kernel.connect(server, '192.0.2.2', 443);
    kernel.file(server, '/work/words.txt');
    kernel.file(server, '/root/.npmrc', { operation: 'read' });
    kernel.now += 1_000_000_000n;
    kernel.exit(server, 0, 15);
    kernel.exit(agent, 1);
  }
  return replay(kernel, { engine: 'generic' });
}

/** Of a sensor that could not be armed. */
function unseenJob(): Recording {
  return replay(new FakeKernel(), {}, helloEvent({ armed: false, tier: 'blind', reason: 'the kernel has no BTF' }));
}
