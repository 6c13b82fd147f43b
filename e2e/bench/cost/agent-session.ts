import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { claudeCode } from '../../engines/agents/claude-code.ts';
import type { Entry } from '../../engines/agents/model/record.ts';
import type { Session } from '../../engines/agents/script.ts';
import { play, setStage } from '../../engines/agents/stage.ts';
import { median } from './statistics.ts';

/** What a session of a coding agent took, by its own clock. */
export interface SessionFigures {
  readonly toolCalls: number;
  /** Milliseconds from the model's asking for a tool call until its result is there, the median. */
  readonly callMs: number;
}

/** `agent-session.ts CALLS FILE`: Claude Code makes so many tool calls of one command each, in a network of its own where a model plays the script. */
async function main(calls: number, file: string): Promise<void> {
  await using stage = await setStage(claudeCode, sessionOf(calls), packages(), dirname(file));
  const { code, output, record } = await play(stage);
  const times = timesOf(record);
  if (code !== 0 || times.length !== calls) throw new Error(`the session ended after ${times.length} calls: ${output}`);
  const figures: SessionFigures = { toolCalls: times.length, callMs: median(times) };
  writeFileSync(file, JSON.stringify(figures));
}

function sessionOf(calls: number): Session {
  const turns = Array.from({ length: calls }, (_, number) => ({
    calls: [{ tool: 'shell' as const, command: `grep -c line notes.txt; echo ${number}`, says: `${number}` }],
  }));
  const notes = 'a line\n'.repeat(1_000);
  return { name: 'many-calls', prompt: 'Play session many-calls.', files: { 'notes.txt': notes }, turns };
}

function packages(): string {
  const script = resolve(import.meta.dirname, '../../../scripts/agents');
  return join(execFileSync(script, ['--path'], { encoding: 'utf8' }).trim(), 'node_modules');
}

function timesOf(record: readonly Entry[]): number[] {
  const asked = new Map(record.flatMap((entry) => (entry.kind === 'call' ? [[entry.id, entry.at] as const] : [])));
  return record.flatMap((entry) => {
    const from = entry.kind === 'result' ? asked.get(entry.id) : undefined;
    return from === undefined ? [] : [entry.at - from];
  });
}

/** Of the session that ended last and wrote to this file. */
export function readFigures(file: string): SessionFigures {
  return JSON.parse(readFileSync(file, 'utf8')) as SessionFigures;
}

if (import.meta.main) await main(Number(process.argv[2]), process.argv[3] ?? '');
