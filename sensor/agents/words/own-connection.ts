import type { ConnectionStart } from '../../spans/connection-end.ts';

/**
 * Whether a connection is to the receiver of agents' words, which is the sensor's own doing and nothing that the job reached.
 * `port`: of 127.0.0.1; `null`: nobody listens.
 */
export function leadsToReceiver(event: ConnectionStart, port: number | null): boolean {
  const { kind } = event;
  return kind === 'connect' && event.transport === 'tcp' && event.port === port && event.address === '127.0.0.1';
}
