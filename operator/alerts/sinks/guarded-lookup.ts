import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { parseAddressBlock } from '../../../crds/address-block.ts';
import { ChaperoneError } from '../../../crds/errors.ts';

/** Whether the gateway may connect to an address for a policy's author, who may be able to connect to less than it. */
export type AddressRule = (address: string) => boolean;

/** IPv4 blocks that are not of the public internet (IANA's special-purpose registry, multicast, reserved). */
const notPublic = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const;
/** Of IPv6 only 2000::/3 is public, and in it not what leads elsewhere: Teredo and 6to4, which hold IPv4 addresses, and documentation. */
const notPublic6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

/** Public addresses, and those of `allowed`, which are address blocks. */
export function publicOr(allowed: readonly string[]): AddressRule {
  const refused = new BlockList();
  for (const [address, length] of notPublic) refused.addSubnet(address, length, 'ipv4');
  for (const [address, length] of notPublic6) refused.addSubnet(address, length, 'ipv6');
  const global6 = new BlockList();
  global6.addSubnet('2000::', 3, 'ipv6');
  const open = blocksOf(allowed);
  return (address) => {
    const family = isIP(address);
    if (family === 0) return false;
    const type = family === 4 ? 'ipv4' : 'ipv6';
    if (open.check(address, type)) return true;
    return !refused.check(address, type) && (family === 4 || global6.check(address, 'ipv6'));
  };
}

function blocksOf(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', length] = text.split('/');
    list.addSubnet(address, Number(length), parseAddressBlock(text)?.family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** Throws `sink-address-refused` where the host of an address is itself one that may not be connected to: such a host is never looked up. */
export function refuseLiteral({ hostname }: URL, mayConnect: AddressRule): void {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !mayConnect(host)) throw refusedAddress();
}

/** Looks names up, and gives only the addresses that may be connected to: what was looked at is what is connected to, so a name that changes changes nothing. */
export function guardedLookup(mayConnect: AddressRule, lookup = systemLookup): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, []);
      const allowed = found.filter(({ address }) => mayConnect(address));
      const [first] = allowed;
      if (first === undefined) return callback(refusedAddress(), []);
      if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

function refusedAddress(): ChaperoneError {
  return new ChaperoneError('sink-address-refused', 'the address is private or local, which is not allowed here');
}
