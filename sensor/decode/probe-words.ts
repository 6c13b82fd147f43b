import {
  list,
  looseObject,
  object,
  oneOf,
  optional,
  type Shape,
  text,
  where,
  wholeNumber,
  yesOrNo,
} from '../../crds/shape.ts';
import { eventClasses } from './kernel-events.ts';
import { type FlushedEvent, type HelloEvent, type StatsEvent, tiers } from './probe-events.ts';

const count = wholeNumber();
const decimal = where(text(), 'a number of at most 20 digits', (digits) => /^\d{1,20}$/.test(digits));
const nanos: Shape<bigint> = (value, path) => BigInt(decimal(value, path));
const counts = object(
  Object.fromEntries(eventClasses.map((each) => [each, count])) as Record<(typeof eventClasses)[number], Shape<number>>,
);

const hello = looseObject({
  version: text(),
  armed: yesOrNo,
  reason: optional(text()),
  tier: oneOf(...tiers),
  kernel: text(),
  mode: oneOf('sidecar', 'attach'),
  cgroupId: decimal,
  cgroupPath: optional(text()),
  fileWatch: oneOf('Auto', 'Always', 'Never'),
  watchesFiles: yesOrNo,
  realtimeOffsetNs: nanos,
  time: nanos,
  started: decimal,
  restarts: count,
  position: count,
  forwardedBefore: counts,
});

const stats = looseObject({
  cpus: list(count),
  produced: counts,
  lost: counts,
  probeDropped: counts,
  tableFull: count,
  socketsFull: count,
  left: count,
  detached: count,
  realtimeOffsetNs: nanos,
});

const flushed = looseObject({ id: count });

/** The JSON of a HELLO frame; fields that a later probe adds are left out. */
export function decodeHello(body: string): HelloEvent | 'malformed' {
  const words = read(hello, body);
  return words === null ? 'malformed' : { kind: 'hello', ...words };
}

/** The JSON of a STATS frame. */
export function decodeStats(body: string): StatsEvent | 'malformed' {
  const words = read(stats, body);
  return words === null ? 'malformed' : { kind: 'stats', ...words };
}

/** The JSON of a FLUSHED frame. */
export function decodeFlushed(body: string): FlushedEvent | 'malformed' {
  const words = read(flushed, body);
  return words === null ? 'malformed' : { kind: 'flushed', ...words };
}

function read<Words>(shape: Shape<Words>, body: string): Words | null {
  try {
    return shape(JSON.parse(body));
  } catch {
    return null;
  }
}
