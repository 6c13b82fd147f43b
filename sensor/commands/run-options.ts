import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import type { FileWatch } from '../../crds/agent-policy.ts';
import { visible } from '../report/text.ts';
import type { CommandLine } from './child.ts';
import { asUsageError, refuseRepeated, usageError } from './usage.ts';

export interface RunOptions {
  readonly command: CommandLine;
  readonly engine: RunEngine;
  /** The endpoint's full address, `…/v1/traces` included; `null` for none. */
  readonly otlp: string | null;
  readonly out: string;
  readonly quiet: boolean;
  /** When changes of files are watched. */
  readonly files: FileWatch;
  /** Coding agents are asked to tell of themselves, and are heard. */
  readonly agentTelemetry: boolean;
}

/** `act`: jobs and steps are nektos/act's; `generic`: COMMAND is the one step. */
const engines = ['act', 'generic'] as const;
export type RunEngine = (typeof engines)[number];

/** Where files go without `--out`. */
export const defaultOut = 'chaperone-out';

/** Reads `[OPTION…] -- COMMAND…`; `help` when that was asked for before `--`. What follows `--` is COMMAND's, whatever it looks like. */
export function parseRunOptions(args: readonly string[]): RunOptions | 'help' {
  const end = args.indexOf('--');
  const { values, positionals } = parse(end < 0 ? args : args.slice(0, end));
  if (values.help) return 'help';
  const [stray] = positionals;
  if (stray !== undefined)
    throw usageError('run', `Put -- before the command: chaperone run -- ${visible(positionals.join(' '))}`);
  const [program, ...rest] = end < 0 ? [] : args.slice(end + 1);
  if (program === undefined || program === '')
    throw usageError('run', 'Name a command after --: chaperone run -- make test');
  return {
    command: [program, ...rest],
    engine: readEngine(values.engine, program),
    otlp: values.otlp === undefined ? null : readEndpoint(values.otlp),
    out: readOut(values.out),
    quiet: values.quiet ?? false,
    files: readFileWatch(values),
    agentTelemetry: values['agent-telemetry'] ?? false,
  };
}

function parse(args: readonly string[]) {
  const options = {
    engine: { type: 'string' },
    otlp: { type: 'string' },
    out: { type: 'string' },
    files: { type: 'boolean' },
    'no-files': { type: 'boolean' },
    'agent-telemetry': { type: 'boolean' },
    quiet: { type: 'boolean', short: 'q' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, tokens: true });
    refuseRepeated('run', parsed.tokens);
    return parsed;
  } catch (error) {
    throw asUsageError('run', error);
  }
}

function readEngine(given: string | undefined, program: string): RunEngine {
  if (given === undefined) return basename(program) === 'act' ? 'act' : 'generic';
  const engine = engines.find((name) => name === given);
  if (engine === undefined)
    throw usageError('run', `There is no engine '${visible(given)}'; there are ${engines.join(' and ')}`);
  return engine;
}

function readFileWatch(given: { files?: boolean | undefined; 'no-files'?: boolean | undefined }): FileWatch {
  if (given.files && given['no-files']) throw usageError('run', 'Give --files or --no-files, not both');
  return given.files ? 'Always' : given['no-files'] ? 'Never' : 'Auto';
}

/** An address without a path is a collector's: OTLP/HTTP takes traces at /v1/traces. */
function readEndpoint(given: string): string {
  const url = URL.parse(given);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw usageError(
      'run',
      `--otlp needs an http or https address, such as http://localhost:4318, not '${visible(given)}'`,
    );
  }
  if (url.pathname === '/') url.pathname = '/v1/traces';
  return url.href;
}

function readOut(given: string | undefined): string {
  if (given === '') throw usageError('run', '--out needs the name of a folder');
  return given ?? defaultOut;
}
