import { rename, rm, writeFile } from 'node:fs/promises';
import { encodeRequest, encodeResource, encodeSpan } from './otlp-json.ts';
import type { RecordedResource } from './trace-reader.ts';

/** Spans on one line of a trace file: a line stays well below what line readers take. */
const spansPerLine = 500;

/**
 * Writes traces as the OpenTelemetry collector's file exporter does: one OTLP/JSON `ExportTraceServiceRequest` a line.
 * The file appears whole or not at all.
 */
export async function writeTraceFile(path: string, traces: readonly RecordedResource[]): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(
      unfinished,
      traces.flatMap((trace) => [...traceLines(trace)]),
    );
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

function* traceLines({ attributes, spans }: RecordedResource): Generator<string> {
  const resource = encodeResource(attributes);
  for (let start = 0; start < spans.length; start += spansPerLine) {
    const part = spans.slice(start, start + spansPerLine).map(encodeSpan);
    yield `${encodeRequest([{ resource, spans: part }])}\n`;
  }
}
