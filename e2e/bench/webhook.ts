import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { list } from '../scenarios/kubectl.ts';
import { plainPod } from '../scenarios/plain-pod.ts';
import { systemNamespace } from '../scenarios/release.ts';

/** Milliseconds that the webhook takes for each of `count` reviews, over one connection, as the API server keeps one. */
export async function measureWebhook(namespace: string, count: number): Promise<number[]> {
  const [operator] = await list('pods', '-n', systemNamespace, '-l', 'app.kubernetes.io/component=operator');
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const began = performance.now();
    await review(agent, operator.status.podIP, reviewOf(namespace, index));
    times.push(performance.now() - began);
  }
  agent.destroy();
  return times;
}

async function review(agent: Agent, host: string, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const answer = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    request({ agent, host, port: 9443, path: '/mutate/pods', method: 'POST', headers }, resolve)
      .on('error', reject)
      .end(body);
  });
  const { response } = JSON.parse(await text(answer)) as { response: { allowed: boolean; patch?: string } };
  if (!response.allowed || response.patch === undefined)
    throw new Error(`the webhook did not inject: ${JSON.stringify(response)}`);
}

function reviewOf(namespace: string, index: number): string {
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      requestKind: { group: '', version: 'v1', kind: 'Pod' },
      requestResource: { group: '', version: 'v1', resource: 'pods' },
      operation: 'CREATE',
      namespace,
      dryRun: true,
      userInfo: { username: 'bench' },
      object: plainPod(namespace, `review-${index}`, 'true'),
    },
  });
}
