/** A duration in nanoseconds as people say it: `430 µs`, `12 ms`, `1.94 s`, `41.2 s`, `3 m 07 s`, `2 h 05 m`. */
export function duration(nanos: bigint): string {
  const ms = Number(nanos) / 1e6;
  if (ms < 0.9995) return `${Math.round(ms * 1000)} µs`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${twoDigits(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} m`;
}

/** `1 process`, `2,000 processes`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** `2,000`: digits in groups, whatever the machine's locale. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
