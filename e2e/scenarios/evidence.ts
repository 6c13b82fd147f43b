import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kubectl, list } from './kubectl.ts';

const root = join(import.meta.dirname, '../../out/e2e');

/** Writes what explains a failure into `out/e2e/<story>/`: events, objects, and the logs of every container of the namespaces. */
export async function collectEvidence(story: string, namespaces: string[]): Promise<string> {
  const folder = join(root, story);
  mkdirSync(folder, { recursive: true });
  for (const namespace of namespaces) {
    await keep(folder, `${namespace}.events.txt`, () =>
      kubectl('get', 'events', '-n', namespace, '--sort-by=.lastTimestamp'),
    );
    await keep(folder, `${namespace}.objects.yaml`, () =>
      kubectl(
        'get',
        'pods,networkpolicies,agentpolicies.chaperone.dev',
        '-n',
        namespace,
        '-o',
        'yaml',
        '--show-managed-fields=false',
      ),
    );
    await collectLogs(folder, namespace);
  }
  return folder;
}

async function collectLogs(folder: string, namespace: string): Promise<void> {
  for (const pod of await list('pods', '-n', namespace)) {
    for (const { name } of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
      const file = `${namespace}.${pod.metadata.name}.${name}`;
      await keep(folder, `${file}.log`, () => kubectl('logs', '-n', namespace, pod.metadata.name, '-c', name));
    }
  }
}

/** What cannot be had is said in the file's place: evidence is collected as far as it goes. */
async function keep(folder: string, file: string, read: () => Promise<string>): Promise<void> {
  const text = await read().catch((error: unknown) => `could not be read: ${error}\n`);
  writeFileSync(join(folder, file), text);
}
