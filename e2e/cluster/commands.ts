import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Ended {
  /** Exit status; null when a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The path of a command of this folder: `up`, `down`, `status`, `kubectl`, `exec`, `apiserver`. */
export function commandPath(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** Runs a program to its end, with text on its standard input. */
export async function attempt(program: string, args: string[], input = ''): Promise<Ended> {
  const child = spawn(program, args);
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  // Whoever does not read its input may close it.
  child.stdin.on('error', () => undefined).end(input);
  await once(child, 'close');
  return { code: child.exitCode, stdout: stdout.text, stderr: stderr.text };
}

/** Like {@link attempt}; returns standard output, and throws with standard error when the program fails. */
export async function run(program: string, args: string[], input = ''): Promise<string> {
  const { code, stdout, stderr } = await attempt(program, args, input);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${stderr || stdout}`);
  return stdout;
}

export async function kubectl(...args: string[]): Promise<string> {
  return await run(commandPath('kubectl'), args);
}

/** Creates or changes objects. */
export async function apply(...objects: object[]): Promise<void> {
  const items = { apiVersion: 'v1', kind: 'List', items: objects };
  await run(commandPath('kubectl'), ['apply', '-f', '-'], JSON.stringify(items));
}

/** Asks again until the answer satisfies; throws with the last answer after so many seconds. */
export async function until<T>(seconds: number, ask: () => Promise<T>, satisfies: (answer: T) => boolean): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (satisfies(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`not so after ${seconds} s: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function collect(stream: ChildProcess['stdout']): { text: string } {
  const collected = { text: '' };
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    collected.text += chunk;
  });
  return collected;
}
