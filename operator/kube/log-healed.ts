import type { Logger } from 'pino';
import { describeError } from '../../crds/errors.ts';
import { isExpired } from './errors.ts';

/** Logs what a reflector heals by itself; a version that has expired is the normal course of things. */
export function logHealed(log: Logger): (error: unknown) => void {
  return (error) => {
    if (isExpired(error)) log.info(`a watch starts anew: ${describeError(error)}`);
    else log.warn({ err: error }, `a watch was interrupted: ${describeError(error)}`);
  };
}
