import type { ConnectEvent } from '../decode/socket-events.ts';
import type { Origin } from '../names/resolved-addresses.ts';

/** What a connection goes to: the one name that its address was resolved from, else the address. */
export function hostOf({ address }: ConnectEvent, origin: Origin | null): string {
  return origin?.lookups.length === 1 ? (origin.lookups[0]?.name ?? address) : address;
}
