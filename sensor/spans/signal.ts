import { constants } from 'node:os';

const names = new Map(Object.entries(constants.signals).map(([name, number]) => [number as number, name]));

/** `SIGKILL` for 9; real-time signals by number. */
export function signalName(signal: number): string {
  return names.get(signal) ?? `SIG${signal}`;
}
