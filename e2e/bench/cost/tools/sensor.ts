import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { nameOf, treeOf } from '../processes.ts';
import type { Account, Place, Running, Start } from './tool.ts';

const chaperone = resolve(import.meta.dirname, '../../../../bin/chaperone');

/** The sensor as `chaperone run` starts it: probe and Node, attached to a cgroup made for the command. */
export function startSensor(options: readonly string[]): Start {
  return async ({ folder, probe }: Place): Promise<Running> => ({
    wrap: (command) => [chaperone, 'run', '--quiet', '--out', folder, ...options, '--', ...command],
    processes: (child) => treeOf(child).filter((pid) => pid === child || nameOf(pid) === `${probe} attach`),
    finish: async () => readAccount(folder),
  });
}

interface Summary {
  readonly coverage: {
    readonly armed: boolean;
    readonly reason: string;
    readonly delivered: Readonly<Record<string, number>>;
    readonly lost: Readonly<Record<string, number>>;
  };
}

/** One execution is the stopwatch's own. A question and its answer are two events. */
function readAccount(folder: string): Account {
  const { coverage } = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as Summary;
  if (!coverage.armed) throw new Error(`the sensor was not armed: ${coverage.reason}`);
  const told = (name: string) => coverage.delivered[name] ?? 0;
  const spans = readFileSync(join(folder, 'trace.otlp.json'), 'utf8');
  const seen = {
    executions: told('exec') - 1,
    connections: told('connect'),
    questions: told('dns') / 2,
    'tool calls': spans.match(/"name":"execute_tool /g)?.length ?? 0,
  };
  return { seen, lost: coverage.lost.total ?? 0, spans: spans.match(/"spanId":/g)?.length ?? 0 };
}
