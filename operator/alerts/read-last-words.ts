import * as z from 'zod';
import type { Finding } from '../../crds/finding.ts';
import { operatorServiceAccount } from '../../crds/names.ts';
import type { PodIdentity } from '../gateway/identity.ts';
import { GatewayRefusal } from '../gateway/refusal.ts';
import { readFindings } from './read-findings.ts';

/** What a pod whose sensor was killed had left to tell. */
export interface LastWords {
  pod: PodIdentity;
  findings: Finding[];
}

const name = z.string().min(1).max(253);
const request = z.strictObject({
  pod: z.strictObject({ namespace: name, name, uid: name, node: z.string().max(253) }),
  findings: z.array(z.unknown()),
});

/**
 * What the operator read in the status of a pod, by its own word: only of the operator of this very release. Throws a {@link GatewayRefusal}: 403 for
 * anybody else, 400 and 413 as {@link readFindings} does.
 */
export function readLastWords(body: Buffer, sender: PodIdentity, ownNamespace: string): LastWords {
  if (sender.namespace !== ownNamespace || sender.serviceAccount !== operatorServiceAccount) {
    throw new GatewayRefusal('not-the-operator', 'only the operator speaks for other pods', { status: 403 });
  }
  const { pod, findings } = parse(body);
  return { pod: { ...pod, serviceAccount: '' }, ...readFindings(Buffer.from(JSON.stringify({ findings }))) };
}

function parse(body: Buffer): z.output<typeof request> {
  try {
    return request.parse(JSON.parse(body.toString()));
  } catch (cause) {
    const message = 'the body holds no last words: it is not {"pod":{…},"findings":[…]}';
    throw new GatewayRefusal('last-words-malformed', message, { status: 400, cause });
  }
}
