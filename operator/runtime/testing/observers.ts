import { type Logger, pino } from 'pino';
import type { ControllerObserver, Outcome } from '../controller.ts';

/** A log that says nothing. */
export const silentLog: Logger = pino({ level: 'silent' });

/** Notes how reconciliations end. */
export function createNotingObserver(): ControllerObserver & { outcomes: Outcome[] } {
  const outcomes: Outcome[] = [];
  return {
    outcomes,
    added() {},
    depth() {},
    started() {},
    finished() {},
    retried() {},
    active() {},
    terminalError() {},
    trace: (_key, work) => work(),
    reconciled: (outcome) => void outcomes.push(outcome),
  };
}
