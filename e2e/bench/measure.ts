import { readFileSync } from 'node:fs';
import { applyObject, awaitCondition, deleteNamespace } from '../scenarios/kubectl.ts';
import { ensureInstalled } from '../scenarios/release.ts';
import { measurePodStart } from './pod-start.ts';
import { line } from './quantiles.ts';
import { measureSidecar } from './sidecar.ts';
import { measureWebhook } from './webhook.ts';

/**
 * Prints what the product costs in the cluster that is up: `e2e/cluster/exec node e2e/bench/measure.ts [ROUNDS]`.
 * Figures, not assertions: they belong to the machine on which they were taken.
 */
const rounds = Number(process.argv[2] ?? 10);
const namespace = 'bench';

await ensureInstalled();
await deleteNamespace(namespace);
await applyObject({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: namespace, labels: { 'chaperone.dev/injection': 'enabled' } },
});
await applyObject({
  apiVersion: 'chaperone.dev/v1alpha1',
  kind: 'AgentPolicy',
  metadata: { name: 'watch', namespace },
  spec: { selector: {}, mode: 'Audit' },
});
await awaitCondition(namespace, 'agentpolicy/watch', 'Ready');

const starts = await measurePodStart(namespace, rounds);
console.log(`pod start, from kubectl create to the container's first line, ${rounds} rounds interleaved:`);
console.log(`  without sensor  ${line(starts.without, 's')}`);
console.log(`  with sensor     ${line(starts.with, 's')}`);
const { memory, pieces } = await measureSidecar(namespace);
console.log(`sidecar, resident memory after a job of 500 processes (${pieces.join(', ')}): ${memory.toFixed(1)} MiB`);
console.log(`webhook, 1000 reviews one after another: ${line(await measureWebhook(namespace, 1000), 'ms')}`);
console.log(
  `machine: ${readFileSync('/proc/cpuinfo', 'utf8').match(/^processor/gm)?.length} processors, ${readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim()}`,
);
await deleteNamespace(namespace);
