import { gatewayAudience } from '../../crds/names.ts';
import type { TokenReviewStatus } from '../kube/client.ts';

/** The pod that a projected token is bound to, as the API server says. */
export interface PodIdentity {
  namespace: string;
  name: string;
  uid: string;
  /** Empty before Kubernetes 1.30, whose tokens do not name the node. */
  node: string;
  /** The name of its ServiceAccount. */
  serviceAccount: string;
}

/** The pod behind a reviewed token; null when the token is not valid, not for the gateway, or not bound to a pod. */
export function readIdentity(status: TokenReviewStatus): PodIdentity | null {
  if (status.authenticated !== true || !(status.audiences ?? []).includes(gatewayAudience)) return null;
  const extra = (key: string): string => status.user?.extra?.[`authentication.kubernetes.io/${key}`]?.[0] ?? '';
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(status.user?.username ?? '');
  const [, namespace = '', serviceAccount = ''] = account ?? [];
  const identity = {
    namespace,
    serviceAccount,
    name: extra('pod-name'),
    uid: extra('pod-uid'),
    node: extra('node-name'),
  };
  return identity.namespace === '' || identity.name === '' || identity.uid === '' ? null : identity;
}

/** When the token ends, in milliseconds since 1970, by its own word; 0 when it is no JWT. Only believed of a token that was reviewed. */
export function tokenExpiry(token: string): number {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const expiry = claims !== null && typeof claims === 'object' && 'exp' in claims ? claims.exp : 0;
    return typeof expiry === 'number' && Number.isFinite(expiry) ? expiry * 1000 : 0;
  } catch {
    return 0;
  }
}
