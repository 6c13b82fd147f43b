import { isIPv4, isIPv6 } from 'node:net';

/** An IPv4 or IPv6 address block: the address as a number and how many of its leading bits count. */
export interface AddressBlock {
  family: 4 | 6;
  address: bigint;
  prefixLength: number;
}

/**
 * Reads `203.0.113.0/24` or `2001:db8::/32`; `null` for anything else.
 * Takes exactly what the API server's CEL function `isCIDR` takes: no zone, no IPv4-mapped IPv6 address, no leading zero.
 */
export function parseAddressBlock(text: string): AddressBlock | null {
  const [addressText, lengthText, ...rest] = text.split('/');
  const address = parseAddress(addressText ?? '');
  if (address === null || lengthText === undefined || rest.length > 0) return null;
  if (!/^(0|[1-9][0-9]{0,2})$/.test(lengthText)) return null;
  const prefixLength = Number(lengthText);
  return prefixLength <= width(address.family) ? { ...address, prefixLength } : null;
}

/** Reads one address as a block that holds just it; `null` for anything else. */
export function parseAddress(text: string): AddressBlock | null {
  if (isIPv4(text)) return { family: 4, address: ipv4Bits(text), prefixLength: 32 };
  if (!isIPv6(text) || text.includes('%')) return null;
  const address = ipv6Bits(text);
  return address >> 32n === ipv4MappedPrefix ? null : { family: 6, address, prefixLength: 128 };
}

/** Whether every address of `inner` lies in `outer`. */
export function containsBlock(outer: AddressBlock, inner: AddressBlock): boolean {
  if (outer.family !== inner.family || outer.prefixLength > inner.prefixLength) return false;
  const shift = BigInt(width(outer.family) - outer.prefixLength);
  return outer.address >> shift === inner.address >> shift;
}

/** Whether the bits behind the prefix are zero, so that the block has one way to be written. */
export function hasNoHostBits({ family, address, prefixLength }: AddressBlock): boolean {
  return address % (1n << BigInt(width(family) - prefixLength)) === 0n;
}

const ipv4MappedPrefix = 0xffffn; // ::ffff:0:0/96, RFC 4291 section 2.5.5.2

function width(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}

function ipv4Bits(text: string): bigint {
  return text.split('.').reduce((bits, octet) => (bits << 8n) | BigInt(octet), 0n);
}

function ipv6Bits(text: string): bigint {
  const [head, tail] = text.split('::').map(groupsOf);
  const before = head ?? [];
  const after = tail ?? [];
  const zeros = tail === undefined ? [] : new Array<bigint>(8 - before.length - after.length).fill(0n);
  return [...before, ...zeros, ...after].reduce((bits, group) => (bits << 16n) | group, 0n);
}

function groupsOf(text: string): bigint[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [BigInt(`0x${group}`)];
    const bits = ipv4Bits(group);
    return [bits >> 16n, bits & 0xffffn];
  });
}
