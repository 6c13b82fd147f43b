import { join } from 'node:path';
import { describeError } from '../../crds/errors.ts';
import type { ExportAccount } from '../export/account.ts';
import { createExporter } from '../export/exporter.ts';
import { writeTraceFile } from '../export/trace-file.ts';
import { writeWholeFile } from '../export/whole-file.ts';
import { writeReport } from '../report/html/write-report.ts';
import { tell } from '../report/story.ts';
import { type Summary, summarize } from '../report/summary.ts';
import { visible } from '../report/text.ts';
import { counted } from '../report/units.ts';
import { drawWaterfall } from '../report/waterfall.ts';
import type { Attributes, FinishedSpan } from '../spans/finished-span.ts';
import { readEnvironment } from './config.ts';
import { environmentFaults } from './environment-faults.ts';
import { observe } from './observation.ts';
import { OutFolder, type Place } from './out-folder.ts';
import { defaultOut, parseRunOptions, type RunOptions } from './run-options.ts';
import { lookOf } from './terminal.ts';
import { exitStatus } from './usage.ts';

const runHelp = `Usage: chaperone run [OPTION…] -- COMMAND…

Runs COMMAND in a cgroup of its own under the same sensor as in a runner pod, draws what it did on standard error,
and exits with COMMAND's status. Needs root to see anything; without it COMMAND runs all the same.

Options:
      --engine NAME    where jobs and steps come from: act (nektos/act, also when COMMAND starts it) or generic
                       (COMMAND is the one step); default act if COMMAND is act, else generic
      --otlp URL       also send the trace to this OTLP/HTTP endpoint; without a path /v1/traces is added.
                       OTEL_EXPORTER_OTLP_HEADERS holds headers for it
      --out DIR        where trace.otlp.json, report.html and summary.json go; default ${defaultOut}
      --files          tell which files COMMAND makes, changes, renames and deletes, and which files with
                       credentials it reads, also where every system call of the machine then takes a little
                       longer; default where it costs none: chaperone doctor says whether it does here
      --no-files       never tell of files
      --agent-telemetry
                       ask coding agents to tell of their tool calls, and join that with what is seen of them: sets the
                       variables of docs/agents.md for COMMAND. Nothing of prompts and answers is kept
  -q, --quiet          draw nothing
  -h, --help           print this

TRACEPARENT in the environment makes the job part of that trace. SIGINT, SIGTERM and other signals reach COMMAND.

Exit status: COMMAND's, 128 + n if signal n ended it, 126 or 127 if it could not be executed; the same when DIR
cannot be written, which is said. 2 wrong use, 3 our own failure before COMMAND was started.

Examples:
  sudo chaperone run -- act push -P ubuntu-latest=-self-hosted
  sudo chaperone run --otlp http://localhost:4318 -- make test
  sudo chaperone run --engine act --out /tmp/trace -- ./scripts/ci-locally
`;

/** How long the trace may take to reach the endpoint after COMMAND ended. */
const flushMs = 15_000;

export async function run(args: readonly string[]): Promise<number> {
  const options = parseRunOptions(args);
  if (options === 'help') {
    process.stdout.write(runHelp);
    return exitStatus.ok;
  }
  const environment = readEnvironment();
  for (const fault of environmentFaults(environment, options.otlp)) say(fault);
  const folder = await prepareFolder(options.out);
  const recording = new Recording(options.otlp);
  const status = await observe(options, environment, (spans, resource) => recording.add(spans, resource));
  await tellOutcome(options, recording, folder).catch((error: unknown) => say(describeError(error)));
  return status;
}

/** `null`: there is none. Told before COMMAND runs, so that an hour of work does not end with that news; but what observes is no reason not to run. */
async function prepareFolder(out: string): Promise<OutFolder | null> {
  try {
    return await OutFolder.open(out);
  } catch (error) {
    say(`nothing will be written, since ${describeError(error)}; name another folder with --out`);
    return null;
  }
}

/** The spans of the run, kept for the file and the drawing and sent as they come. */
class Recording {
  readonly spans: FinishedSpan[] = [];
  readonly #byResource = new Map<Attributes, FinishedSpan[]>();
  readonly #exporter: ReturnType<typeof createExporter> | null;

  constructor(otlp: string | null) {
    const headers = async () => ({ ...readEnvironment().otlpHeaders });
    this.#exporter = otlp === null ? null : createExporter({ url: otlp, headers });
  }

  add(spans: readonly FinishedSpan[], resource: Attributes): void {
    this.spans.push(...spans);
    const known = this.#byResource.get(resource) ?? [];
    known.push(...spans);
    this.#byResource.set(resource, known);
    this.#exporter?.add(spans, resource);
  }

  traces() {
    return [...this.#byResource].map(([attributes, spans]) => ({ attributes, spans }));
  }

  /** `null` without an endpoint. */
  async deliver(): Promise<ExportAccount | null> {
    if (this.#exporter === null) return null;
    await this.#exporter.flush({ deadlineMs: flushMs });
    return this.#exporter.close();
  }
}

async function tellOutcome(
  { command, out, quiet }: RunOptions,
  recording: Recording,
  folder: OutFolder | null,
): Promise<void> {
  const writer = new FileWriter(folder === null ? null : await placeOf(folder, out));
  const files = {
    trace: writer.nameOf('trace.otlp.json', out),
    report: writer.nameOf('report.html', out),
    summary: writer.nameOf('summary.json', out),
  };
  const traces = recording.traces();
  const hasTrace = await writer.write('trace.otlp.json', (path) => writeTraceFile(path, traces));
  const delivered = await recording.deliver();
  const resource = traces[0]?.attributes ?? {};
  const summary = summarize(tell(recording.spans), { spans: recording.spans, resource, delivered, files });
  const trace = { attributes: resource, spans: recording.spans };
  const hasReport = await writer.write('report.html', (path) => writeReport(path, [{ trace, summary }]));
  const json = `${JSON.stringify(summary, null, 2)}\n`;
  const hasSummary = await writer.write('summary.json', (path) => writeWholeFile(path, json));
  if (summary.reason !== undefined && command[0] === 'act') say(howToGetAct);
  if (quiet) sayUndelivered(summary);
  else
    process.stderr.write(
      drawing(recording.spans, summary, { trace: hasTrace, report: hasReport, summary: hasSummary }),
    );
}

const howToGetAct = `to install act and run it: chaperone run -- "$(${join(import.meta.dirname, '../../scripts/act')} --path)" push …`;

async function placeOf(folder: OutFolder, out: string): Promise<Place | null> {
  try {
    return await folder.place();
  } catch (error) {
    say(`the folder ${visible(out)} is gone, so nothing is written: ${describeError(error)}`);
    return null;
  }
}

/** Writes files to the folder, if there is one. A full disk must keep the trace neither from the endpoint nor from the terminal. */
class FileWriter {
  readonly #place: Place | null;

  constructor(place: Place | null) {
    this.#place = place;
  }

  /** Where the user finds the file. */
  nameOf(name: string, out: string): string {
    return join(this.#place?.shown ?? out, name);
  }

  /** Whether it was written. */
  async write(name: string, write: (path: string) => Promise<void>): Promise<boolean> {
    if (this.#place === null) return false;
    const { path, shown } = this.#place;
    try {
      await write(`${path}/${name}`);
      return true;
    } catch (error) {
      say(`${visible(join(shown, name))} could not be written: ${describeError(error).replaceAll(path, shown)}`);
      return false;
    }
  }
}

/** What the drawing says in its last line; quiet is no reason to lose spans in silence. */
function sayUndelivered({ coverage: { delivery } }: Summary): void {
  if (delivery === undefined || delivery.undelivered === 0) return;
  say(`${counted(delivery.undelivered, 'span')} not delivered: ${visible(delivery.lastFailure ?? '')}`);
}

type Written = Readonly<Record<string, boolean>>;

function drawing(spans: readonly FinishedSpan[], summary: Summary, written: Written): string {
  // Why nothing was seen was said before the command began.
  const { reason: _said, ...coverage } = summary.coverage;
  const waterfall = drawWaterfall(spans, { ...summary, coverage }, lookOf(process.stderr, readEnvironment()));
  const files = Object.entries(summary.files)
    .filter(([kind]) => written[kind])
    .map(([kind, path]) => `${kind.padEnd(8)} ${visible(path)}\n`);
  return `\n${waterfall}${files.length > 0 ? '\n' : ''}${files.join('')}`;
}

function say(text: string): void {
  process.stderr.write(`chaperone: ${text}\n`);
}
