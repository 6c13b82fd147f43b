import { fastify } from 'fastify';
import type { Registry } from 'prom-client';
import type { Runnable } from '../runtime/runnable.ts';

/** One thing that must hold before the process takes work. */
export interface ReadinessCheck {
  name: string;
  isReady(): boolean | Promise<boolean>;
}

export interface HealthOptions {
  /** Port without TLS; 0 takes a free one. */
  port: number;
  host: string;
  registry: Registry;
  checks: readonly ReadinessCheck[];
}

/** Serves `/healthz` (the process answers), `/readyz` (all checks hold; says which do not) and `/metrics`. */
export interface HealthServer extends Runnable {
  /** The port on which it listens; undefined before the start. */
  port(): number | undefined;
}

/** Makes the server; it serves nothing before `start`. */
export function createHealthServer({ port, host, registry, checks }: HealthOptions): HealthServer {
  const app = fastify({ forceCloseConnections: true });
  let listening: number | undefined;
  app.get('/healthz', async () => 'ok\n');
  app.get('/readyz', async (_request, reply) => {
    const failing = await failingChecks(checks);
    return reply
      .code(failing.length === 0 ? 200 : 503)
      .send(failing.length === 0 ? 'ok\n' : `waits for: ${failing.join(', ')}\n`);
  });
  app.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
  return {
    name: 'health',
    port: () => listening,
    async start() {
      listening = Number(new URL(await app.listen({ port, host })).port);
    },
    stop: () => app.close(),
  };
}

async function failingChecks(checks: readonly ReadinessCheck[]): Promise<string[]> {
  const answers = await Promise.all(checks.map(async ({ name, isReady }) => ((await isReady()) ? [] : [name])));
  return answers.flat();
}
