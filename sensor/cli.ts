import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChaperoneError, describeError } from '../crds/errors.ts';
import { exitStatus, usageError } from './commands/usage.ts';
import { visible } from './report/text.ts';

const help = `Usage: chaperone COMMAND [OPTION…]

Tells what every step of a CI job did, as one OpenTelemetry trace, by watching the kernel.

Commands:
  run [OPTION…] -- COMMAND…    run COMMAND under the sensor, draw and record what it did
  report FILE…                 draw recorded traces, or make an HTML page of them
  doctor                       say what the sensor can see on this machine, and what to change

Options:
  -h, --help       print this; every command has its own --help
      --version    print the version

Exit status: 0 ok, 1 doctor found that the sensor does not work here, 2 wrong use, 3 our own failure;
run exits with COMMAND's status, whatever was found.

Examples:
  chaperone run -- act push -P ubuntu-latest=-self-hosted
  chaperone run --otlp http://localhost:4318 -- make test
  chaperone report chaperone-out/trace.otlp.json
`;

/** Each command is loaded when it is asked for: `--help` should not wait for the exporter's libraries. */
const commands: Record<string, () => Promise<(args: readonly string[]) => Promise<number>>> = {
  run: async () => (await import('./commands/run.ts')).run,
  report: async () => (await import('./commands/report.ts')).report,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
};

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === '-h') return print(help);
  if (name === '--version') return print(`chaperone ${version()}\n`);
  if (name === undefined) throw usageError('', 'Name a command: run, report or doctor');
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined)
    throw usageError('', `There is no command '${visible(name)}'; there are run, report and doctor`);
  const command = await load();
  return await command(args);
}

function print(text: string): number {
  process.stdout.write(text);
  return exitStatus.ok;
}

function version(): string {
  const text = readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function fail(error: unknown): number {
  const wrongUse = error instanceof ChaperoneError && error.code === 'usage';
  process.stderr.write(`chaperone: ${describeError(error)}\n`);
  return wrongUse ? exitStatus.usage : exitStatus.failure;
}

process.stdout.on('error', endOnBrokenPipe);
process.exitCode = await main(process.argv.slice(2)).catch(fail);

/** Whoever read our output has seen enough (`| head`). */
function endOnBrokenPipe(error: NodeJS.ErrnoException): void {
  process.exit(error.code === 'EPIPE' ? exitStatus.ok : exitStatus.failure);
}
