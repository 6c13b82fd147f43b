/** An address as text; the family is that of the packets. */
export interface FormattedAddress {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
}

/** From 16 bytes in network order; an IPv4 address takes the first four. Null for a family that is neither 4 nor 6. */
export function formatAddress(family: number, bytes: Uint8Array): FormattedAddress | null {
  if (family === 4) return { address: formatIpv4(bytes), family: 'ipv4' };
  if (family !== 6) return null;
  if (isMapped(bytes)) return { address: formatIpv4(bytes.subarray(12)), family: 'ipv4' };
  return { address: formatIpv6(bytes), family: 'ipv6' };
}

function formatIpv4(bytes: Uint8Array): string {
  return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
}

/** ::ffff:a.b.c.d, by which an IPv6 socket reaches an IPv4 host. */
function isMapped(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}

/** RFC 5952: lower case, the longest run of at least two zero groups as ::, the first of equal ones. */
function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  const runs = groups.join(':').match(/\b0(:0)+\b/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return groups.join(':');
  const text = groups.join(':');
  const at = text.search(new RegExp(`\\b${longest}\\b`));
  return `${text.slice(0, at).replace(/:$/, '')}::${text.slice(at + longest.length).replace(/^:/, '')}`;
}
