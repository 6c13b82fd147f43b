import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFiles } from '../engines/planner/job-folder.ts';
import { startServer } from '../scenarios/internet.ts';
import { awaitJob, readTrace } from '../scenarios/jaeger.ts';
import { awaitCondition, awaitPhase, deleteNamespace, get, kubectl, kubectlInput, logs } from '../scenarios/kubectl.ts';
import { ensureInstalled } from '../scenarios/release.ts';
import { traceIdOf } from '../scenarios/trace-tree.ts';
import { command, heading, show, tell } from './telling.ts';

const root = join(import.meta.dirname, '../..');
const out = join(root, 'out/demo/cluster');
const service = '203.0.113.10:8080';
const collector = '198.51.100.7:443';

/** Act two: the same workflow in a pod of a real cluster, which is up; runs in the node's network (`e2e/cluster/exec`). */
heading('Act 2: a real cluster of one node, with no way out of this machine');
mkdirSync(out, { recursive: true });
const runId = String(Date.now());
await install();
await writePolicy();
const seen = await runWorkflow();
await drawTrace();
await keepObjects();
tellTheEnd();

async function install(): Promise<void> {
  command('helm install chaperone charts/chaperone --namespace chaperone-system --create-namespace');
  await ensureInstalled();
  show(await kubectl('get', 'pods', '-n', 'chaperone-system'));
}

async function writePolicy(): Promise<void> {
  await deleteNamespace('demo');
  command('kubectl create namespace demo && kubectl label namespace demo chaperone.dev/injection=enabled');
  await kubectl('create', 'namespace', 'demo');
  await kubectl('label', 'namespace', 'demo', 'chaperone.dev/injection=enabled');
  command('kubectl apply -f agentpolicy.yaml');
  show(readFileSync(join(import.meta.dirname, 'agentpolicy.yaml'), 'utf8'));
  await kubectl('apply', '-f', join(import.meta.dirname, 'agentpolicy.yaml'));
  await awaitCondition('demo', 'agentpolicy/web-ci', 'Ready');
  command('kubectl get agentpolicies,networkpolicies -n demo');
  show(await kubectl('get', 'agentpolicies.chaperone.dev,networkpolicies', '-n', 'demo'));
}

/** Returns where connections arrived. */
async function runWorkflow(): Promise<string[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'chaperone-demo-'));
  const server = await startServer([service, collector]);
  try {
    bundleFiles(join(root, 'e2e/engines/workflows/web'), join(scratch, 'repository.bundle'));
    await kubectl('create', 'configmap', '-n', 'demo', 'job', `--from-file=${scratch}`);
    const manifest = readFileSync(join(import.meta.dirname, 'runner.yaml'), 'utf8').replace('@RUN_ID@', runId);
    tell('\nA runner pod, written by somebody who never heard of us; the same workflow will run in it:');
    command('kubectl apply -f runner.yaml');
    show(manifest);
    await kubectlInput(manifest, 'apply', '-f', '-');
    const { status } = await awaitPhase('demo', 'web-runner', ['Succeeded', 'Failed'], 90);
    show(await logs('demo', 'web-runner', 'runner'));
    if (status.phase !== 'Succeeded') throw new Error('the workflow failed in the pod; its log is above');
  } finally {
    await server.stop();
    rmSync(scratch, { recursive: true });
  }
  command('kubectl get pod -n demo web-runner -o jsonpath={.spec.initContainers[*].name}');
  show(await kubectl('get', 'pod', '-n', 'demo', 'web-runner', '-o', 'jsonpath={.spec.initContainers[*].name}'));
  return server.seen;
}

async function drawTrace(): Promise<void> {
  const traceId = traceIdOf(runId, '1');
  tell(`\nIts trace, read back from Jaeger (GET /api/v3/traces/${traceId}):\n`);
  const { metadata } = await get('demo', 'pod/web-runner');
  await awaitJob(traceId, metadata.uid);
  const file = join(out, 'trace.json');
  writeFileSync(file, `${JSON.stringify({ result: await readTrace(traceId) }, null, 2)}\n`);
  const report = (...args: string[]) =>
    execFileSync(join(root, 'bin/chaperone'), ['report', ...args, file], { stdio: ['ignore', 'inherit', 'inherit'] });
  report();
  report('--html', join(out, 'report.html'));
}

async function keepObjects(): Promise<void> {
  const objects = {
    agentpolicy: 'agentpolicy/web-ci',
    networkpolicy: 'networkpolicy/chaperone-web-ci',
    pod: 'pod/web-runner',
  };
  for (const [file, name] of Object.entries(objects)) {
    writeFileSync(join(out, `${file}.yaml`), await kubectl('get', '-n', 'demo', name, '-o', 'yaml'));
  }
}

function tellTheEnd(): void {
  const arrived = (place: string) => (seen.includes(place) ? 'was reached' : 'was never reached');
  heading('What to look at');
  tell(
    `- ${service}, which the policy names, ${arrived(service)}; ${collector}, which it does not, ${arrived(collector)}.`,
  );
  tell(
    '- In the trace the attempt stands under "install", the step that left the process behind, though it was made while "test" ran.',
  );
  tell(
    '- out/demo/cluster/: trace.json (the answer of Jaeger), report.html (the same for a browser), agentpolicy.yaml, networkpolicy.yaml and pod.yaml as the API server has them.',
  );
  tell(
    '  In pod.yaml the first init container and the volumes chaperone-* are ours; the container "runner" is as it was written.',
  );
}
