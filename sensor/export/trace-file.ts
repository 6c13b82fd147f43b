import { rename, rm, writeFile } from 'node:fs/promises';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { Attributes, FinishedSpan } from '../spans/finished-span.ts';
import { toReadableSpan, toResource } from './readable-span.ts';

/** Spans on one line of a trace file: a line stays well below what line readers take. */
const spansPerLine = 500;

/** Writes the spans as the OpenTelemetry collector's file exporter does: one OTLP/JSON `ExportTraceServiceRequest` a line. The file appears whole or not at all. */
export async function writeTraceFile(
  path: string,
  resource: Attributes,
  spans: readonly FinishedSpan[],
): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(unfinished, [...traceLines(resource, spans)]);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

function* traceLines(resourceAttributes: Attributes, spans: readonly FinishedSpan[]): Generator<Uint8Array> {
  const resource = toResource(resourceAttributes);
  for (let start = 0; start < spans.length; start += spansPerLine) {
    const part = spans.slice(start, start + spansPerLine).map((span) => toReadableSpan(span, resource));
    yield JsonTraceSerializer.serializeRequest(part) ?? new Uint8Array();
    yield newline;
  }
}

const newline = new TextEncoder().encode('\n');
