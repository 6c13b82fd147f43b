import { ChaperoneError } from '../../../crds/errors.ts';
import type { PolicySink } from '../../../crds/policy-alerts.ts';
import { BoundedMap } from '../../gateway/bounded-map.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isNotFound, KubeError } from '../../kube/errors.ts';
import type { Secret } from '../../kube/objects.ts';
import { secrets } from '../../kube/resources.ts';
import type { Clock } from '../../runtime/clock.ts';
import { readTarget, type SecretText, type SinkTarget } from './target.ts';

/** Reads what a policy's sink points to, not older than some seconds when `isStale`. Rejects with what is wrong and what to do. */
export type PolicyTargetReader = (namespace: string, sink: PolicySink, isStale: boolean) => Promise<SinkTarget>;

const FRESH_MS = 30_000;
/** After a failure its Secret may have been mended. */
const MENDED_MS = 5_000;
const MAX_SECRETS = 1_000;

export function createPolicyTargetReader(
  client: KubeClient,
  clock: Clock,
  { allowHttp }: { allowHttp: boolean },
): PolicyTargetReader {
  const known = new BoundedMap<{ at: number; data: Promise<Record<string, string>>; hasFailed: boolean }>(MAX_SECRETS);

  function read(namespace: string, name: string, maxAge: number): Promise<Record<string, string>> {
    const key = `${namespace}/${name}`;
    const before = known.get(key);
    if (before !== undefined && clock.now() - before.at < (before.hasFailed ? MENDED_MS : maxAge)) return before.data;
    const entry = { at: clock.now(), data: readSecret(client, namespace, name), hasFailed: false };
    // Who asks is told of a failure; nobody may be waiting any more.
    entry.data.catch(() => {
      entry.hasFailed = true;
    });
    known.set(key, entry);
    return entry.data;
  }

  return async (namespace, { webhook, slack }, isStale) => {
    const maxAge = isStale ? MENDED_MS : FRESH_MS;
    const textOf = async ({ name, key }: { name: string; key: string }): Promise<SecretText> => {
      const data = await read(namespace, name, maxAge);
      const value = Object.hasOwn(data, key) ? data[key] : undefined;
      if (value === undefined) throw unusable(`the Secret ${name} has no key ${key}: write it there`);
      return { text: Buffer.from(value, 'base64').toString(), secret: name, key };
    };
    if (slack !== undefined) return readTarget({ url: await textOf(slack.secretRef) }, { kind: 'slack', allowHttp });
    if (webhook === undefined) throw unusable('it is neither a webhook nor slack');
    const url = await textOf(webhook.secretRef);
    const { signingKeyRef } = webhook;
    const signing = signingKeyRef === undefined ? {} : { signingKey: await textOf(signingKeyRef) };
    return readTarget({ url, ...signing }, { kind: 'webhook', allowHttp });
  };
}

async function readSecret(client: KubeClient, namespace: string, name: string): Promise<Record<string, string>> {
  try {
    return (await client.get<Secret>(secrets, { namespace, name })).data ?? {};
  } catch (cause) {
    if (isNotFound(cause)) throw unusable(`there is no Secret ${name} in ${namespace}: make it`);
    if (!(cause instanceof KubeError) || cause.status !== 403) throw cause;
    const grant = `let it: kubectl create role chaperone-alerts -n ${namespace} --verb=get --resource=secrets --resource-name=${name}, and a RoleBinding to the service account chaperone-gateway`;
    throw unusable(`the gateway may not read the Secret ${name}; ${grant}`);
  }
}

function unusable(what: string): ChaperoneError {
  return new ChaperoneError('sink-secret-unusable', what);
}
