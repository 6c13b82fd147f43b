import type { Server } from 'node:https';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** How much the bodies of requests may hold of our memory, in bytes. */
export interface BodyLimits {
  /** A body without a length counts as this much, the most that is read. */
  body: number;
  /** All bodies in flight. */
  all: number;
}

/**
 * Ends the largest requests while the bodies in flight come to more than the limit. Every pod of the cluster can send to the webhook, and the
 * API server cannot be told from it: whoever wants to fill our memory loses it first, and a review of ordinary size is always heard.
 */
export function boundBodies(app: FastifyInstance<Server>, limits: BodyLimits): void {
  const held = new Map<FastifyRequest['raw'], number>();
  let total = 0;

  function release(raw: FastifyRequest['raw']): void {
    total -= held.get(raw) ?? 0;
    held.delete(raw);
  }

  app.addHook('onRequest', async ({ raw, headers }, reply) => {
    const bytes = Math.min(Number(headers['content-length'] ?? limits.body), limits.body);
    held.set(raw, bytes);
    total += bytes;
    reply.raw.once('close', () => release(raw));
    while (total > limits.all) {
      const largest = largestOf(held);
      release(largest);
      largest.destroy();
    }
  });
}

function largestOf<T>(sizes: ReadonlyMap<T, number>): T {
  return [...sizes].reduce((largest, entry) => (entry[1] > largest[1] ? entry : largest))[0];
}
