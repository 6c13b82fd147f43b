import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { agentTelemetryEnvironment } from '../../crds/agent-telemetry.ts';
import { type Hearing, hearAgents } from '../agents/words/hearing.ts';
import type { KernelEventFields } from '../decode/event-fields.ts';
import { noTraits, unknownStream } from '../decode/process-events.ts';
import { readWorkflows } from '../engines/act/workflow.ts';
import { type Clock, systemClock, unixNanos } from '../export/clock.ts';
import { createPipeline, type Pipeline, type PipelineOptions } from '../pipeline.ts';
import { ProbeTime } from '../probe-time.ts';
import { joinWords } from '../report/command-line.ts';
import { visible } from '../report/text.ts';
import { counted } from '../report/units.ts';
import type { SpanSink } from '../spans/job-writer.ts';
import { createRedactor } from '../spans/redact.ts';
import { readAgentVersion } from './agent-version.ts';
import { type CommandEnd, type CommandLine, runCommand } from './child.ts';
import type { CommandEnvironment } from './config.ts';
import { type LocalSensor, startLocalSensor } from './local-sensor.ts';
import type { RunOptions } from './run-options.ts';

const tickMs = 1_000;
/** Times of the kernel's events are finer than our clock's; the end must not lie before the last of them. */
const clockStep = 1_000_000n;

/** Runs the command under the sensor and gives its spans; the answer is the command's exit status. */
export async function observe(options: RunOptions, env: CommandEnvironment, onSpans: SpanSink): Promise<number> {
  const clock = systemClock;
  const sensor = await startLocalSensor(clock, options.files);
  const { armed, reason = '' } = sensor.hello;
  if (!armed) say(`nothing of the command will be seen: ${visible(reason)}`);
  const areHeard = armed && options.agentTelemetry;
  const heardAt = () => hearing?.port ?? null;
  const sinks = { onSpans, agents: { onAgent: sensor.markAgent, versionOf: readAgentVersion, areHeard, heardAt } };
  const pipeline = pipelineFor(armed ? options : { ...options, engine: 'generic' }, env, sinks);
  const hearing: Hearing | null = areHeard ? hear(pipeline, sensor) : null;
  sensor.listen((event) => {
    pipeline.push(event);
    hearing?.told(event);
  });
  const time = new ProbeTime(clock);
  time.hear(sensor.hello);
  const stopTicking = every(clock, tickMs, () => pipeline.tick(time.now()));
  const word = armed ? null : new OwnWord(pipeline, options.command, clock);
  const url = await hearing?.url;
  const variables = url ? agentTelemetryEnvironment(url) : {};
  const end = await runCommand(sensor.wrap(options.command), (pid) => word?.started(pid), variables);
  word?.ended(end);
  await hearing?.close();
  stopTicking();
  const left = await sensor.stop();
  pipeline.finish(time.now() + clockStep, end.status);
  if (left > 0 && !options.quiet)
    say(`${counted(left, 'process', 'processes')} that the command started still ${left === 1 ? 'runs' : 'run'}`);
  return end.status;
}

type Sinks = Pick<PipelineOptions, 'onSpans' | 'agents'>;

function hear(pipeline: Pipeline, sensor: LocalSensor): Hearing {
  return hearAgents({ clock: systemClock, pipeline, flush: () => sensor.flush(), onFailure: say });
}

function pipelineFor({ command, engine }: RunOptions, env: CommandEnvironment, sinks: Sinks): Pipeline {
  return createPipeline({
    engine,
    identity: {
      kind: 'command',
      name: nameOf(command),
      // Of what the command is part; its own line would be a service name of its own in every back end.
      service: basename(workingFolder()) || 'root',
      seed: randomUUID(),
      traceParent: env.traceParent,
    },
    workflows: engine === 'act' ? readWorkflows(command, workingFolder()) : null,
    ...sinks,
  });
}

/** The command line as the job's name, without its secrets. */
function nameOf(command: CommandLine): string {
  return joinWords(createRedactor([])(command)).slice(0, 120);
}

/**
 * What we know of the command where the kernel tells nothing, because we started it ourselves: that it ran, how long, and how it ended.
 * Told in the words of the kernel's events, so that the trace has the same shape.
 */
class OwnWord {
  readonly #pipeline: Pipeline;
  readonly #command: CommandLine;
  readonly #clock: Clock;
  #start: bigint | null = null;
  #pid = 0;

  constructor(pipeline: Pipeline, command: CommandLine, clock: Clock) {
    this.#pipeline = pipeline;
    this.#command = command;
    this.#clock = clock;
  }

  started(pid: number): void {
    this.#pid = pid;
    this.#start = unixNanos(this.#clock);
    const [path] = this.#command;
    this.#pipeline.push({
      kind: 'exec',
      ...this.#fields(this.#start, 0),
      path,
      filename: path,
      cwd: workingFolder(),
      argv: this.#command,
      argc: this.#command.length,
      argvTruncated: false,
      pathTruncated: false,
      env: {},
      envTruncated: false,
      isRunner: false,
      isRunnerChild: false,
      replaces: false,
      ofAgent: false,
      parentImage: null,
      parentPid: process.pid,
      argvBytes: Buffer.byteLength(this.#command.join('\0')) + 1,
      euid: process.geteuid?.() ?? 0,
      suid: process.geteuid?.() ?? 0,
      traits: noTraits,
      origin: null,
      stdin: unknownStream,
      stdout: unknownStream,
    });
  }

  ended({ status, signal }: CommandEnd): void {
    if (this.#start === null) return;
    const time = unixNanos(this.#clock);
    const code = signal === null ? status : 0;
    const number = signal === null ? 0 : status - 128;
    this.#pipeline.push({
      kind: 'exit',
      ...this.#fields(time, 1),
      code,
      signal: number,
      startTime: this.#start,
      usage: null,
    });
  }

  #fields(time: bigint, seq: number): KernelEventFields {
    const pid = this.#pid;
    const uid = process.getuid?.() ?? 0;
    return { seq, cpu: 0, time, image: ownImage, root: null, cgroupId: '0', pid, tid: pid, nsPid: pid, uid };
  }
}

const ownImage = '0000000000000001';

/** Its being deleted meanwhile is no reason not to run; the command may know what to do. */
function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}

function every(clock: Clock, ms: number, action: () => void): () => void {
  let cancel = () => {};
  const again = () => {
    cancel = clock.after(ms, () => {
      again();
      action();
    });
  };
  again();
  return () => cancel();
}

function say(text: string): void {
  process.stderr.write(`chaperone: ${text}\n`);
}
