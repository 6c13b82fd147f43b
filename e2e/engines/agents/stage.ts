import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Agent, Context } from './agent.ts';
import { type Entry, readRecord } from './model/record.ts';
import type { Session } from './script.ts';

const here = import.meta.dirname;

/** One agent and one session, ready to be played in a network of their own that has nothing but loopback. */
export interface Stage extends AsyncDisposable {
  /** To be run in `workspace` with `environment`; it enters the network by itself. */
  command: string[];
  environment: Record<string, string>;
  home: string;
  workspace: string;
  /** What the model server saw and said until now. */
  record(): Entry[];
  /** Whatever still runs in the network, but the server. */
  leftOver(): number[];
}

/**
 * Writes home and workspace below `folder`, and starts the model server; disposing ends it and every process that the session left.
 * @param packages `node_modules` of `scripts/agents --path`
 */
export async function setStage(agent: Agent, session: Session, packages: string, folder: string): Promise<Stage> {
  const root = mkdtempSync(join(folder, `${agent.name}-${session.name}-`));
  const [home, workspace, recordFile] = [join(root, 'home'), join(root, 'workspace'), join(root, 'record.jsonl')];
  const mcpServer = [process.execPath, join(here, 'mcp-server.ts')];
  const context: Context = { packages, home, workspace, url: 'http://127.0.0.1:8080', session, mcpServer };
  writeFiles(home, { 'tmp/.keep': '', ...agent.settings(context) });
  writeFiles(workspace, session.files);
  execFileSync('git', ['init', '--quiet', workspace]);
  writeFiles(root, { 'session.json': JSON.stringify(session) });
  const server = await startServer(agent.name, root, workspace, recordFile);
  const network = `/proc/${server.pid}/ns/net`;
  const leftOver = () => processesIn(network).filter((pid) => pid !== server.pid);
  return {
    command: ['nsenter', `--net=${network}`, '--', ...agent.command(context)],
    environment: { ...environment(home), ...agent.environment(context) },
    home,
    workspace,
    record: () => readRecord(recordFile),
    leftOver,
    async [Symbol.asyncDispose]() {
      for (const pid of leftOver()) kill(pid);
      server.kill('SIGKILL');
      await once(server, 'exit');
      rmSync(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function writeFiles(folder: string, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** The server's process is what keeps the network. */
async function startServer(agent: string, root: string, workspace: string, record: string): Promise<ChildProcess> {
  const options = [
    '--session',
    join(root, 'session.json'),
    '--agent',
    agent,
    '--workspace',
    workspace,
    '--record',
    record,
  ];
  const requests = process.env.CHAPERONE_KEEP_REQUESTS ? ['--requests', process.env.CHAPERONE_KEEP_REQUESTS] : [];
  const inside = [
    'ip link set lo up && exec "$@"',
    'sh',
    process.execPath,
    join(here, 'model/main.ts'),
    ...options,
    ...requests,
  ];
  const server = spawn('unshare', ['--net', '--', 'sh', '-c', ...inside], { stdio: ['ignore', 'pipe', 'inherit'] });
  const first = await Promise.race([once(createInterface({ input: server.stdout }), 'line'), once(server, 'exit')]);
  if (first[0] !== 'ready') throw new Error('the model server did not start; it needs root, for a network of its own');
  return server;
}

function environment(home: string): Record<string, string> {
  const path = `${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  // A folder of its own for temporary files: Codex refuses to put its helpers below the system's.
  return { PATH: path, HOME: home, TMPDIR: join(home, 'tmp'), LANG: 'C.UTF-8', TERM: 'dumb' };
}

function processesIn(network: string): number[] {
  const wanted = networkOf(network);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && networkOf(`/proc/${name}/ns/net`) === wanted)
    .map(Number);
}

/** A process that has just ended has none. */
function networkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return `gone ${path}`;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

export interface Played {
  code: number | null;
  signal: NodeJS.Signals | null;
  output: string;
  record: Entry[];
}

/** Plays the session to the agent's end, which is awaited for `limit` milliseconds; or until `enough` says that the test has what it wants, and kills the agent then. */
export async function play(stage: Stage, enough: () => boolean = () => false, limit = 300_000): Promise<Played> {
  const [program = '', ...args] = stage.command;
  const agent = spawn(program, args, {
    cwd: stage.workspace,
    env: stage.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [agent.stdout, agent.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
    });
  const ended = once(agent, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const started = Date.now();
  while (agent.exitCode === null && agent.signalCode === null) {
    await Promise.race([ended, delay(100)]);
    if (enough() || Date.now() - started > limit) agent.kill('SIGKILL');
  }
  const [code, signal] = await ended;
  return { code, signal, output, record: stage.record() };
}
