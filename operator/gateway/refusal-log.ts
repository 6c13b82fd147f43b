import type { Logger } from 'pino';
import { describeError } from '../../crds/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { GatewayRefusal } from './refusal.ts';

/** While a back end is away every sensor is refused for the same reason; the metrics count them all. */
const INTERVAL = 10_000;

/** Logs a refusal that is not the sensor's doing, each reason at most once in ten seconds. */
export function createRefusalLog(log: Logger, clock: Clock): (refusal: GatewayRefusal) => void {
  const last = new Map<string, number>();
  return (refusal) => {
    const now = clock.now();
    if (now < (last.get(refusal.code) ?? 0) + INTERVAL) return;
    last.set(refusal.code, now);
    log.warn({ err: refusal, reason: refusal.code }, `sensors are told to wait: ${describeError(refusal)}`);
  };
}
