import * as z from 'zod';
import { eventClasses, type FlushedEvent, type HelloEvent, type StatsEvent, tiers } from './events.ts';

const count = z.int().nonnegative();
const nanos = z
  .string()
  .regex(/^\d{1,20}$/)
  .transform(BigInt);
const counts = z.record(z.enum(eventClasses), count);

const hello = z.object({
  version: z.string(),
  armed: z.boolean(),
  reason: z.string().exactOptional(),
  tier: z.enum(tiers),
  kernel: z.string(),
  mode: z.enum(['sidecar', 'attach']),
  cgroupId: z.string().regex(/^\d{1,20}$/),
  cgroupPath: z.string().exactOptional(),
  fileWatch: z.enum(['Auto', 'Always', 'Never']),
  watchesFiles: z.boolean(),
  realtimeOffsetNs: nanos,
  time: nanos,
  started: z.string().regex(/^\d{1,20}$/),
  restarts: count,
  position: count,
  forwardedBefore: counts,
});

const stats = z.object({
  cpus: z.array(count),
  produced: counts,
  lost: counts,
  probeDropped: counts,
  tableFull: count,
  socketsFull: count,
  left: count,
  detached: count,
  realtimeOffsetNs: nanos,
});

const flushed = z.object({ id: count });

/** The JSON of a HELLO frame; fields that a later probe adds are left out. */
export function decodeHello(body: string): HelloEvent | 'malformed' {
  const result = hello.safeParse(parse(body));
  return result.success ? { kind: 'hello', ...result.data } : 'malformed';
}

/** The JSON of a STATS frame. */
export function decodeStats(body: string): StatsEvent | 'malformed' {
  const result = stats.safeParse(parse(body));
  return result.success ? { kind: 'stats', ...result.data } : 'malformed';
}

/** The JSON of a FLUSHED frame. */
export function decodeFlushed(body: string): FlushedEvent | 'malformed' {
  const result = flushed.safeParse(parse(body));
  return result.success ? { kind: 'flushed', ...result.data } : 'malformed';
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
