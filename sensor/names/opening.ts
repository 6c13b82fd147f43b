import { serverNameIn } from './client-hello.ts';
import { connectTargetIn, type ProxyTarget } from './connect-line.ts';

/** What the first bytes of a connection say of whom its client means to reach. It is the client's own word, and proves nothing. */
export interface Opening {
  /** Of a TLS ClientHello; `null` if it names none, or is none. */
  readonly serverName: string | null;
  /** Of an HTTP `CONNECT` request. */
  readonly proxyTarget: ProxyTarget | null;
}

/** Reads the first bytes of a stream, of which `sent` were sent at once. `null` if they say nothing. */
export function readOpening(bytes: Uint8Array, sent: number): Opening | null {
  const serverName = serverNameIn(bytes, sent);
  const proxyTarget = serverName === null ? connectTargetIn(bytes) : null;
  return serverName === null && proxyTarget === null ? null : { serverName, proxyTarget };
}
