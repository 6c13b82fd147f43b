import { createReadStream } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { ChaperoneError } from '../../crds/errors.ts';
import { type RecordedResource, readTraces } from '../export/trace-reader.ts';
import { writeReport } from '../report/html/write-report.ts';
import { tell } from '../report/story.ts';
import { type Summary, summarize } from '../report/summary.ts';
import { visible } from '../report/text.ts';
import { counted } from '../report/units.ts';
import { drawWaterfall } from '../report/waterfall.ts';
import { readEnvironment } from './config.ts';
import { lookOf } from './terminal.ts';
import { asUsageError, exitStatus, refuseRepeated, usageError } from './usage.ts';

const reportHelp = `Usage: chaperone report [--json | --html OUT] FILE…

Draws the waterfall of recorded traces, or makes one HTML page of them. FILE is what chaperone run wrote
(trace.otlp.json), what the OpenTelemetry collector's file exporter wrote, or Jaeger's answer to /api/v3/traces/ID;
- is the standard input.

Options:
      --html OUT    write this file instead, for a browser: timeline, processes, network, coverage; it loads nothing
      --json        print the figures of summary.json instead, one line a trace
  -h, --help        print this

Exit status: 0 drawn, 2 wrong use or a FILE that holds no trace, 3 OUT cannot be written.

Examples:
  chaperone report chaperone-out/trace.otlp.json
  chaperone report --html report.html trace.otlp.json
  curl -s http://localhost:16686/api/v3/traces/0bd0afbe17036e89e4a05c993dace1da | chaperone report -
`;

/** Files larger than this are no job's trace; they would only fill the memory. */
const largestFile = 512 * 1024 * 1024;

export async function report(args: readonly string[]): Promise<number> {
  const options = parse(args);
  if (options === 'help') {
    process.stdout.write(reportHelp);
    return exitStatus.ok;
  }
  const { files, json, html } = options;
  if (html !== null) await writePage(files, html);
  else for (const file of files) await reportFile(file, json);
  return exitStatus.ok;
}

interface ReportOptions {
  readonly files: readonly string[];
  readonly json: boolean;
  /** Where the HTML file goes; `null` for none. */
  readonly html: string | null;
}

function parse(args: readonly string[]): ReportOptions | 'help' {
  const { values, positionals } = parseOptions(args);
  if (values.help) return 'help';
  if (positionals.length === 0 || positionals.includes('')) throw usageError('report', 'Name at least one FILE');
  if (new Set(positionals).size < positionals.length) throw usageError('report', 'Name each FILE once');
  if (values.html === '') throw usageError('report', '--html needs the name of a file');
  if (values.html !== undefined && values.json) throw usageError('report', 'Choose --json or --html');
  const overwritten = positionals.find((file) => values.html !== undefined && resolve(file) === resolve(values.html));
  if (overwritten !== undefined)
    throw usageError('report', `--html would write over ${visible(overwritten)}; name another file`);
  return { files: positionals, json: values.json ?? false, html: values.html ?? null };
}

function parseOptions(args: readonly string[]) {
  const options = {
    json: { type: 'boolean' },
    html: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, tokens: true });
    refuseRepeated('report', parsed.tokens);
    return parsed;
  } catch (error) {
    throw asUsageError('report', error);
  }
}

async function reportFile(file: string, json: boolean): Promise<void> {
  for (const trace of byTrace(await readFile(file))) {
    const summary = summaryOf(trace, file);
    const look = lookOf(process.stdout, readEnvironment());
    process.stdout.write(json ? `${JSON.stringify(summary)}\n` : drawWaterfall(trace.spans, summary, look));
  }
}

/** One page of all the files: a trace may have its jobs in several. */
async function writePage(files: readonly string[], html: string): Promise<void> {
  const resources: RecordedResource[] = [];
  for (const file of files) resources.push(...(await readFile(file)));
  const traces = byTrace(resources).map((trace) => ({ trace, summary: summaryOf(trace, files.join(' ')) }));
  await writeReport(html, traces).catch((error: unknown) => {
    throw new ChaperoneError('report-write', `${visible(html)} could not be written; name another file`, {
      cause: error,
    });
  });
  process.stderr.write(`report   ${visible(html)}\n`);
}

async function readFile(file: string): Promise<readonly RecordedResource[]> {
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
  return resources;
}

function nameOf(file: string): string {
  return file === '-' ? 'the standard input' : visible(file);
}

async function readText(file: string): Promise<string> {
  try {
    return file === '-' ? await readStream(process.stdin) : await readStream(createReadStream(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') {
      const inside = visible(join(file, 'trace.otlp.json'));
      throw new ChaperoneError('usage', `${nameOf(file)} is a folder; give the file in it: ${inside}`);
    }
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
