import type { Logger } from 'pino';
import type { Manager } from '../runtime/manager.ts';

/**
 * Runs until the signal aborts or the manager fails, then stops all parts.
 * @throws what kept a part from starting, or why the process can no longer do its work
 */
export async function runManager(manager: Manager, log: Logger, signal: AbortSignal): Promise<void> {
  const { promise: asked, resolve } = Promise.withResolvers<undefined>();
  signal.addEventListener('abort', () => resolve(undefined), { once: true });
  if (signal.aborted) resolve(undefined);
  const refused = manager.start().then(
    () => new Promise<never>(() => {}),
    (error: unknown) => error,
  );
  const reason = await Promise.race([asked, manager.failed, refused]);
  log.info(reason === undefined ? 'asked to end' : 'cannot go on');
  await manager.stop();
  if (reason !== undefined) throw reason;
}
