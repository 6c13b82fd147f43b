/**
 * Measures the webhook over TLS on loopback: `node operator/webhook/testing/measure-latency.ts [CONNECTIONS] [REVIEWS]`.
 * The server runs in a process of its own; what is printed is what a caller waits, with CONNECTIONS of them at once.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { Agent, request } from 'undici';
import { createAuthority, issueLeaf } from '../../certificates/authority.ts';
import type { RawPod } from '../../injection/injection-plan.ts';
import { systemClock } from '../../runtime/clock.ts';
import { decideAdmission } from '../decide.ts';
import { createWebhookServer } from '../server.ts';
import { podOf, policyOf, snapshotOf } from './admission.ts';

if (process.send === undefined) await measure(Number(process.argv[2] ?? 50), Number(process.argv[3] ?? 20_000));
else await serve(process.send.bind(process));

async function serve(tell: (message: object) => void): Promise<void> {
  const rules = Array.from({ length: 10 }, (_, index) => ({
    name: `rule-${index}`,
    to: [{ cidr: `203.0.113.${index * 16}/28` }],
    ports: [{ port: 443, protocol: 'TCP' as const }],
  }));
  const snapshot = snapshotOf([policyOf('Enforce', rules)]);
  const authority = await createAuthority(Date.now());
  const server = createWebhookServer({
    certificate: await issueLeaf(authority, ['localhost'], Date.now()),
    decide: (review) => decideAdmission(review, snapshot),
    registry: new Registry(),
    log: pino({ level: 'silent' }),
    clock: systemClock,
    drainMs: 0,
  });
  tell({ port: await server.listen(0, '127.0.0.1'), ca: authority.certificate });
}

async function measure(connections: number, reviews: number): Promise<void> {
  const child = fork(import.meta.filename);
  const [{ port, ca }] = (await once(child, 'message')) as [{ port: number; ca: string }];
  const agent = new Agent({ connections, pipelining: 1, connect: { ca, servername: 'localhost' } });
  const body = reviewOf(podOf({ spec: largeSpec() }));
  const review = async (): Promise<number> => {
    const began = performance.now();
    const headers = { 'content-type': 'application/json' };
    const answer = await request(`https://127.0.0.1:${port}/mutate/pods`, {
      method: 'POST',
      dispatcher: agent,
      headers,
      body,
    });
    await answer.body.dump();
    if (answer.statusCode !== 200) throw new Error(`the webhook answered ${answer.statusCode}`);
    return performance.now() - began;
  };
  await run(connections, reviews / 10, review);
  const began = performance.now();
  const times = (await run(connections, reviews, review)).sort((left, right) => left - right);
  const seconds = (performance.now() - began) / 1000;
  const quantile = (share: number): string => (times[Math.floor(times.length * share)] ?? 0).toFixed(1);
  process.stdout.write(
    `${reviews} reviews of ${body.length} bytes over ${connections} connections: ${Math.round(reviews / seconds)}/s, p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms, p99.9 ${quantile(0.999)} ms\n`,
  );
  await agent.close();
  child.kill();
}

async function run(connections: number, reviews: number, review: () => Promise<number>): Promise<number[]> {
  const times: number[] = [];
  let left = reviews;
  const worker = async (): Promise<void> => {
    while (left-- > 0) times.push(await review());
  };
  await Promise.all(Array.from({ length: connections }, worker));
  return times;
}

function largeSpec(): RawPod {
  const env = Array.from({ length: 60 }, (_, index) => ({ name: `VARIABLE_${index}`, value: `${'value'.repeat(12)}` }));
  return { containers: [{ name: 'runner', image: 'registry.example.com/runner:1', env }] };
}

function reviewOf(pod: RawPod): string {
  const kind = { group: '', version: 'v1', kind: 'Pod' };
  const asked = { uid: 'uid-1', kind, namespace: 'runners', operation: 'CREATE', object: pod };
  return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: asked });
}
