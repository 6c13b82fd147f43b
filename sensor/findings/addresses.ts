/** Whether an address leads out of the pod's own surroundings. Not public: IANA's special-purpose ranges for loopback, links, private and shared use, multicast. */
export function isPublic(address: string): boolean {
  return address.includes(':') ? /^[23][0-9a-f]{3}:|^64:ff9b::/.test(address) : !specialV4.test(address);
}

/** RFC 6890 and what follows it; ranges for documentation are nobody's, and stand for public ones. */
const specialV4 =
  /^(0|10|127|22[4-9]|23\d|24\d|25[0-5])\.|^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|^169\.254\.|^172\.(1[6-9]|2\d|3[01])\.|^192\.168\.|^192\.0\.0\.|^198\.1[89]\./;

/**
 * Whether it is the resolver that the pod, the cluster or the machine gave to the job: which names that was asked for is told, and it is no host that
 * the job chose to reach. One on a public address is a host like any other.
 */
export function isOwnResolver({ address, port }: { readonly address: string; readonly port: number | null }): boolean {
  return port === 53 && !isPublic(address);
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
