import { encodeRequest, encodeResource, encodeSpan } from './otlp-json.ts';
import type { RecordedResource } from './trace-reader.ts';
import { writeWholeFile } from './whole-file.ts';

/** Spans on one line of a trace file: a line stays well below what line readers take. */
const spansPerLine = 500;

/**
 * Writes traces as the OpenTelemetry collector's file exporter does: one OTLP/JSON `ExportTraceServiceRequest` a line.
 * The file appears whole or not at all.
 */
export async function writeTraceFile(path: string, traces: readonly RecordedResource[]): Promise<void> {
  await writeWholeFile(
    path,
    traces.flatMap((trace) => [...traceLines(trace)]),
  );
}

function* traceLines({ attributes, spans }: RecordedResource): Generator<string> {
  const resource = encodeResource(attributes);
  for (let start = 0; start < spans.length; start += spansPerLine) {
    const part = spans.slice(start, start + spansPerLine).map(encodeSpan);
    yield `${encodeRequest([{ resource, spans: part }])}\n`;
  }
}
