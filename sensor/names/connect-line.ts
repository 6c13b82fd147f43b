import { isIP } from 'node:net';
import { readHostName } from './host-name.ts';

/** A host and port: what a client asks a proxy to be connected with. */
export interface ProxyTarget {
  /** A name in lower case, or an address. */
  readonly host: string;
  readonly port: number;
}

/** Longest line looked at: a host name and what stands around it. */
const maxLine = 320;

/** The target of an HTTP `CONNECT` request whose first line (RFC 9112, 3.2.3) these bytes hold whole, else `null`. */
export function connectTargetIn(bytes: Uint8Array): ProxyTarget | null {
  const text = Buffer.from(bytes.subarray(0, maxLine)).toString('latin1');
  const [, bracketed, plain, port = ''] =
    /^CONNECT (?:\[([0-9A-Fa-f:.]{2,45})\]|([\w.-]{1,254})):(\d{1,5}) HTTP\/1\.[01]\r?\n/.exec(text) ?? [];
  const host = bracketed === undefined ? hostOf(plain ?? '') : ipv6Of(bracketed);
  const number = Number(port);
  return host === null || number < 1 || number > 65_535 ? null : { host, port: number };
}

function hostOf(text: string): string | null {
  return isIP(text) === 4 ? text : readHostName(Buffer.from(text));
}

function ipv6Of(text: string): string | null {
  return isIP(text) === 6 ? text.toLowerCase() : null;
}
