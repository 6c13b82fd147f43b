import { isOwnResolver } from '../findings/addresses.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';

/** Where a connection led: host and port. Of a summary span its name says it. */
export interface Destination {
  /** The name that the address was resolved from, else the address. */
  readonly host: string;
  /** Empty where there is none. */
  readonly port: string;
}

export function destinationOf(span: FinishedSpan): Destination {
  const [, host = '', port = ''] = /^\[?(.*?)\]?(?::(\d+))?$/s.exec(target(span)) ?? [];
  return { host, port };
}

/** False for the resolver that the job was given: which names it was asked for is told, and it is no host that the job reached. */
export function reachesHost(span: FinishedSpan): boolean {
  const { host, port } = destinationOf(span);
  const address = span.attributes['network.peer.address'];
  return !isOwnResolver({ address: typeof address === 'string' ? address : host, port: Number(port) });
}

/** `github.com:443`, from the attributes or, for a summary, from the span's name. */
export function target({ name, attributes }: FinishedSpan): string {
  const address = attributes['server.address'];
  const port = attributes['server.port'];
  if (typeof address !== 'string') return name.replace(/^(connect|accept) /, '');
  return port === undefined ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`;
}
