import type { Signal, Telling } from './word.ts';

/** So many spans or log records of one request are looked at, and so many attributes of each. */
const maxRecords = 8_192;
const maxAttributes = 128;

/** The records in a body of OTLP/HTTP with JSON (opentelemetry-proto, JSON mapping). Anyone may have sent it: what is not as it should be is passed over. */
export function readTellings(body: unknown, signal: Signal): Telling[] {
  const [lists, read] = signal === 'traces' ? [spanLists, readSpan] : [logLists, readLog];
  let records: readonly unknown[] = [body];
  for (const name of lists) records = records.flatMap((record) => listIn(record, name)).slice(0, maxRecords);
  return records.map(read);
}

const spanLists = ['resourceSpans', 'scopeSpans', 'spans'] as const;
const logLists = ['resourceLogs', 'scopeLogs', 'logRecords'] as const;

function readSpan(span: unknown): Telling {
  return {
    ...idsOf(span),
    name: textIn(span, 'name'),
    start: nanosIn(span, 'startTimeUnixNano'),
    end: nanosIn(span, 'endTimeUnixNano'),
    isError: fieldOf(fieldOf(span, 'status'), 'code') === statusError,
    text: (key) => attributeOf(span, key),
  };
}

/** STATUS_CODE_ERROR (opentelemetry-proto, trace.proto). */
const statusError = 2;

function readLog(log: unknown): Telling {
  const text = (key: string) => attributeOf(log, key);
  const time = timeOfLog(log, text('event.timestamp'));
  return { ...idsOf(log), name: text('event.name'), start: time, end: time, isError: false, text };
}

/** Codex leaves the record's own time at 0 and writes it down as a date. */
function timeOfLog(log: unknown, date: string): bigint {
  const told = nanosIn(log, 'timeUnixNano');
  if (told > 0n) return told;
  const millis = Date.parse(date);
  return millis > 0 && millis < latestMillis ? BigInt(millis) * 1_000_000n : nanosIn(log, 'observedTimeUnixNano');
}

/** What 19 digits of nanoseconds hold. */
const latestMillis = 1e13;

function idsOf(record: unknown): Pick<Telling, 'traceId' | 'spanId' | 'parentSpanId'> {
  return {
    traceId: textIn(record, 'traceId'),
    spanId: textIn(record, 'spanId'),
    parentSpanId: textIn(record, 'parentSpanId'),
  };
}

function attributeOf(record: unknown, key: string): string {
  for (const attribute of listIn(record, 'attributes').slice(0, maxAttributes))
    if (fieldOf(attribute, 'key') === key) return scalar(fieldOf(attribute, 'value'));
  return '';
}

/** The scalar kinds of an AnyValue; 64-bit whole numbers are texts in JSON. */
function scalar(value: unknown): string {
  const told =
    fieldOf(value, 'stringValue') ??
    fieldOf(value, 'intValue') ??
    fieldOf(value, 'doubleValue') ??
    fieldOf(value, 'boolValue');
  return typeof told === 'string' ? told : typeof told === 'number' || typeof told === 'boolean' ? String(told) : '';
}

function nanosIn(record: unknown, name: string): bigint {
  const value = fieldOf(record, name);
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0 ? BigInt(value) : 0n;
  return typeof value === 'string' && /^\d{1,19}$/.test(value) ? BigInt(value) : 0n;
}

function textIn(record: unknown, name: string): string {
  const value = fieldOf(record, name);
  return typeof value === 'string' ? value : '';
}

function listIn(record: unknown, name: string): readonly unknown[] {
  const value = fieldOf(record, name);
  return Array.isArray(value) ? value : [];
}

/** Only what is its own: a name may be that of something which every object has. */
function fieldOf(record: unknown, name: string): unknown {
  return typeof record === 'object' && record !== null && Object.hasOwn(record, name)
    ? (record as Record<string, unknown>)[name]
    : undefined;
}
