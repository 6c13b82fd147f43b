import { type Logger, pino, stdTimeFunctions } from 'pino';

/** The process's log: one JSON object a line on standard output, times in ISO 8601, levels by name. */
export function createLog(level: string, command: string): Logger {
  return pino({
    level,
    base: { command },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}
