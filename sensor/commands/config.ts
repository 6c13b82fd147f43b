import { parseKeyPairsIntoRecord } from '@opentelemetry/core';

/** What the command line takes from its environment. Nothing else in it reads `process.env`. */
export interface CommandEnvironment {
  /** W3C trace context of whoever started us; anything, until it is validated. */
  readonly traceParent: string | null;
  /** https://no-color.org: set and not empty. */
  readonly noColor: boolean;
  readonly dumbTerminal: boolean;
  /** Columns, where the output is not a terminal. */
  readonly columns: number | null;
  readonly home: string;
  /** Headers for the OTLP endpoint. */
  readonly otlpHeaders: Readonly<Record<string, string>>;
  /** The same as they were written. */
  readonly otlpHeadersText: string;
}

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): CommandEnvironment {
  const columns = Number(env.COLUMNS);
  return {
    traceParent: env.TRACEPARENT ?? null,
    noColor: (env.NO_COLOR ?? '') !== '',
    dumbTerminal: env.TERM === 'dumb',
    columns: Number.isInteger(columns) && columns > 0 && columns < 1000 ? columns : null,
    home: env.HOME ?? '',
    otlpHeaders: parseKeyPairsIntoRecord(env.OTEL_EXPORTER_OTLP_HEADERS ?? ''),
    otlpHeadersText: env.OTEL_EXPORTER_OTLP_HEADERS ?? '',
  };
}

/** The whole environment, for a command that is started in our place, and what is added to it. */
export function environmentWith(variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, ...variables };
}
