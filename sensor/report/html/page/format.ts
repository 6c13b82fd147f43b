import { duration } from '../../units.ts';

/** Milliseconds as people say them. */
export function span(millis: number): string {
  return duration(BigInt(Math.round(millis * 1e6)));
}

/** When something was, after the start: `+1.94 s`. */
export function instant(millis: number): string {
  if (millis === 0) return '+0 s';
  return `${millis < 0 ? '−' : '+'}${span(Math.abs(millis))}`;
}

const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** A number of bytes in decimal units, `1.2 MB`; an en dash where it was not recorded. */
export function bytes(count: number | null): string {
  if (count === null) return '–';
  const power = count < 1000 ? 0 : Math.min(Math.floor(Math.log10(count) / 3), units.length - 1);
  const value = count / 1000 ** power;
  return `${power === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
