import { readFile } from 'node:fs/promises';
import { Agent } from 'undici';
import { ChaperoneError } from '../../../crds/errors.ts';
import type { Finding } from '../../../crds/finding.ts';
import type { Pod } from '../../kube/objects.ts';

export interface GatewayAccess {
  /** Without a path. */
  url: string;
  /** PEM bundle to trust; asked for each request, since it is renewed. */
  ca: () => string;
  /** The operator's token for the gateway; the kubelet renews it. */
  tokenFile: string;
}

/** Resolves once the gateway has taken them; with why, where it never will. Rejects when they are to be sent again. */
export type PostLastWords = (pod: Pod, findings: readonly Finding[]) => Promise<string | undefined>;

const TIMEOUT_MS = 10_000;
/** What no other try of the same can mend. */
const FINAL = [400, 413, 415];

export function createPostLastWords({ url, ca, tokenFile }: GatewayAccess): PostLastWords {
  return async ({ metadata, spec }, findings) => {
    const { namespace, name, uid } = metadata;
    const token = (await readFile(tokenFile, 'utf8')).trim();
    // Pods are rarely killed with something to tell: a connection is not worth keeping.
    const agent = new Agent({ connect: { ca: ca(), timeout: TIMEOUT_MS } });
    try {
      const { statusCode, body } = await agent.request({
        origin: url,
        path: '/v1/last-words',
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ pod: { namespace, name, uid, node: spec.nodeName ?? '' }, findings }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await body.dump();
      if (statusCode < 300) return undefined;
      const refusal = `the gateway answered ${statusCode} to the last words of a sensor`;
      if (FINAL.includes(statusCode)) return refusal;
      throw new ChaperoneError('last-words-not-taken', refusal);
    } finally {
      await agent.destroy();
    }
  };
}
