import { awaitPhase, createObject, kubectl, logs } from '../scenarios/kubectl.ts';
import { plainPod } from '../scenarios/plain-pod.ts';

export interface PodStarts {
  /** Seconds. */
  with: number[];
  without: number[];
}

/** Starts pods with and without a sensor in turn; the container's first line is the time at which it began. */
export async function measurePodStart(namespace: string, rounds: number): Promise<PodStarts> {
  const starts: PodStarts = { with: [], without: [] };
  for (let round = 0; round < rounds; round += 1) {
    starts.without.push(await start(namespace, `without-${round}`, { 'chaperone.dev/injection': 'disabled' }));
    starts.with.push(await start(namespace, `with-${round}`, {}));
  }
  return starts;
}

async function start(namespace: string, name: string, labels: Record<string, string>): Promise<number> {
  const asked = Date.now() / 1000;
  await createObject(plainPod(namespace, name, 'date +%s.%N', labels));
  await awaitPhase(namespace, name, ['Succeeded']);
  const began = Number((await logs(namespace, name, 'runner')).trim());
  await kubectl('delete', 'pod', '-n', namespace, name, '--wait=true');
  return began - asked;
}
