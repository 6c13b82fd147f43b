import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { until } from './until.ts';

const run = promisify(execFile);

/** A Kubernetes object as the API server gives it; the tests look into the few fields that they assert on. */
// biome-ignore lint/suspicious/noExplicitAny: the objects of every kind, read only in tests
export type KubeObject = any;

/** kubectl, found on PATH with KUBECONFIG set (`e2e/cluster/exec` sets both); returns standard output, throws with standard error. */
export async function kubectl(...args: string[]): Promise<string> {
  const { stdout } = await run('kubectl', args, { maxBuffer: 64 << 20 });
  return stdout;
}

/** Like {@link kubectl} with text on standard input. */
export async function kubectlInput(input: string, ...args: string[]): Promise<string> {
  const child = run('kubectl', args, { maxBuffer: 64 << 20 });
  child.child.stdin?.end(input);
  return (await child).stdout;
}

/** Applies a file's objects, in its order. */
export async function applyFile(path: string): Promise<void> {
  await kubectl('apply', '-f', path);
}

export async function applyObject(object: KubeObject): Promise<void> {
  await kubectlInput(JSON.stringify(object), 'apply', '-f', '-');
}

/** Creates an object and returns it as stored; unlike apply, it leaves no annotation behind. */
export async function createObject(object: KubeObject, ...args: string[]): Promise<KubeObject> {
  return JSON.parse(await kubectlInput(JSON.stringify(object), 'create', '-o', 'json', ...args, '-f', '-'));
}

/** `kind/name` in a namespace, or undefined where there is none. */
export async function find(namespace: string, name: string): Promise<KubeObject | undefined> {
  const text = await kubectl('get', '-n', namespace, name, '--ignore-not-found', '-o', 'json');
  return text === '' ? undefined : JSON.parse(text);
}

export async function get(namespace: string, name: string): Promise<KubeObject> {
  const found = await find(namespace, name);
  if (found === undefined) throw new Error(`there is no ${name} in ${namespace}`);
  return found;
}

export async function list(...args: string[]): Promise<KubeObject[]> {
  return JSON.parse(await kubectl('get', '-o', 'json', ...args)).items;
}

/** Waits until the pod has one of the phases; returns the pod. */
export async function awaitPhase(namespace: string, pod: string, phases: string[], seconds = 60): Promise<KubeObject> {
  return await until(`pod ${namespace}/${pod} to be ${phases.join(' or ')}`, seconds, async () => {
    const found = await get(namespace, `pod/${pod}`);
    return phases.includes(found.status.phase) && found;
  });
}

/** Waits for a condition of the object to be `True`; returns the object. */
export async function awaitCondition(namespace: string, name: string, type: string, seconds = 30): Promise<KubeObject> {
  return await until(`${namespace}/${name} to be ${type}`, seconds, async () => {
    const object = await get(namespace, name);
    const current = conditionOf(object, type);
    const observed = current?.observedGeneration ?? object.status?.observedGeneration ?? object.metadata.generation;
    return current?.status === 'True' && observed === object.metadata.generation && object;
  });
}

export function conditionOf(object: KubeObject, type: string): KubeObject | undefined {
  return object.status?.conditions?.find((condition: KubeObject) => condition.type === type);
}

export async function logs(namespace: string, pod: string, container: string): Promise<string> {
  return await kubectl('logs', '-n', namespace, pod, '-c', container);
}

/** Deletes a namespace with all it holds and waits until it is gone. */
export async function deleteNamespace(name: string): Promise<void> {
  await kubectl('delete', 'namespace', name, '--ignore-not-found', '--wait=true', '--timeout=60s');
}
