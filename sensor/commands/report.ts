import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { ChaperoneError } from '../../crds/errors.ts';
import { type RecordedResource, readTraces } from '../export/trace-reader.ts';
import { tell } from '../report/story.ts';
import { type Summary, summarize } from '../report/summary.ts';
import { visible } from '../report/text.ts';
import { counted } from '../report/units.ts';
import { drawWaterfall } from '../report/waterfall.ts';
import { readEnvironment } from './config.ts';
import { lookOf } from './terminal.ts';
import { asUsageError, exitStatus, usageError } from './usage.ts';

export const reportHelp = `Usage: chaperone report [--json] FILE…

Draws the waterfall of recorded traces. FILE is what chaperone run wrote (trace.otlp.json), what the OpenTelemetry
collector's file exporter wrote, or Jaeger's answer to /api/v3/traces/ID; - is the standard input.

Options:
      --json    print the figures of summary.json instead, one line a trace
  -h, --help    print this

Exit status: 0 drawn, 2 wrong use or a FILE that holds no trace.

Examples:
  chaperone report chaperone-out/trace.otlp.json
  curl -s http://localhost:16686/api/v3/traces/0bd0afbe17036e89e4a05c993dace1da | chaperone report -
`;

/** Files larger than this are no job's trace; they would only fill the memory. */
const largestFile = 512 * 1024 * 1024;

export async function report(args: readonly string[]): Promise<number> {
  const { files, json, help } = parse(args);
  if (help) {
    process.stdout.write(reportHelp);
    return exitStatus.ok;
  }
  for (const file of files) await reportFile(file, json);
  return exitStatus.ok;
}

function parse(args: readonly string[]): { files: string[]; json: boolean; help: boolean } {
  const options = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const help = values.help ?? false;
    if (positionals.length === 0 && !help) throw usageError('report', 'Name at least one FILE');
    return { files: positionals, json: values.json ?? false, help };
  } catch (error) {
    throw asUsageError('report', error);
  }
}

async function reportFile(file: string, json: boolean): Promise<void> {
  const { resources, skipped } = readTraces(await readText(file));
  if (resources.length === 0)
    throw new ChaperoneError(
      'usage',
      `${nameOf(file)} holds no trace; give a file of OTLP/JSON, such as trace.otlp.json`,
    );
  if (skipped.lines + skipped.spans > 0) {
    process.stderr.write(
      `chaperone: ${nameOf(file)}: ${counted(skipped.lines, 'line')} and ${counted(skipped.spans, 'span')} were not understood\n`,
    );
  }
  for (const resource of byTrace(resources)) {
    const summary = summaryOf(resource, file);
    const look = lookOf(process.stdout, readEnvironment());
    process.stdout.write(json ? `${JSON.stringify(summary)}\n` : drawWaterfall(resource.spans, summary, look));
  }
}

function nameOf(file: string): string {
  return file === '-' ? 'the standard input' : visible(file);
}

async function readText(file: string): Promise<string> {
  try {
    return file === '-' ? await readStream(process.stdin) : await readStream(createReadStream(file));
  } catch (error) {
    throw new ChaperoneError('usage', `${nameOf(file)} cannot be read; give a file that chaperone run wrote`, {
      cause: error,
    });
  }
}

async function readStream(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestFile) throw new Error('it is larger than 512 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** One drawing a trace: a run of several jobs has a resource each. */
function byTrace(resources: readonly RecordedResource[]): RecordedResource[] {
  const traces = new Map<
    string,
    { attributes: RecordedResource['attributes']; spans: RecordedResource['spans'][number][] }
  >();
  for (const { attributes, spans } of resources) {
    for (const span of spans) {
      const trace = traces.get(span.traceId) ?? { attributes, spans: [] };
      traces.set(span.traceId, trace);
      trace.spans.push(span);
    }
  }
  return [...traces.values()];
}

function summaryOf({ spans, attributes }: RecordedResource, file: string): Summary {
  return summarize(tell(spans), { spans, resource: attributes, delivered: null, files: { trace: file } });
}
