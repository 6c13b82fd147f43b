/** The earlier of two times, or the shorter of two durations. */
export function earlier(one: bigint, other: bigint): bigint {
  if (one < other) return one;
  return other;
}

/** The later of two times, or the longer of two durations. */
export function later(one: bigint, other: bigint): bigint {
  if (one > other) return one;
  return other;
}
