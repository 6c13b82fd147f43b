import type { Measured, Sample } from './measure.ts';
import { median, pairedRatios, type Spread, spread } from './statistics.ts';
import { baseline, takesPart, tools } from './tools.ts';
import { type CountName, countNames } from './workloads.ts';

/** What is told of a tool at a workload. */
export interface Row {
  readonly tool: string;
  readonly title: string;
  /** Seconds. */
  readonly wall: Spread;
  /** Times over the baseline's of the same round. */
  readonly ratio: Spread | null;
  readonly cpuMs: number;
  readonly peakMiB: number;
  /** Once it had nothing left to do. */
  readonly restMiB: number;
  /** By class, over all rounds: what happened and what was told. */
  readonly events: readonly { readonly name: CountName; readonly truth: number; readonly seen: number | null }[];
  /** Over all rounds. */
  readonly lost: number | null;
  /** Milliseconds by which a tool call of an agent was slower than in the same round without sensor, the median of the rounds; `null` where none was made. */
  readonly callSlowerMs: number | null;
  /** The most spans of a round; `null` where it makes none. */
  readonly spans: number | null;
  /** Why there are no figures. */
  readonly absent: string | null;
}

export function rowsOf(measured: Measured): Row[] {
  return tools
    .filter((tool) => takesPart(tool, measured.workload))
    .map(({ name, title }) => rowOf(measured, name, title));
}

function rowOf({ samples: all, absent }: Measured, tool: string, title: string): Row {
  const samples = all.filter((sample) => sample.tool === tool);
  return {
    tool,
    title,
    wall: spread(samples.map(({ wallNs }) => wallNs / 1e9)),
    ratio: tool === baseline ? null : spread(pairedRatios(all, tool, baseline)),
    cpuMs: spread(samples.map(({ toolCpuMs }) => toolCpuMs)).median,
    peakMiB: Math.max(...samples.map(({ toolPeakMiB }) => toolPeakMiB)),
    restMiB: spread(samples.map(({ toolRestMiB }) => toolRestMiB)).median,
    events: countNames.map((name) => ({
      name,
      truth: sum(samples.map(({ truth }) => truth[name])) ?? 0,
      seen: sum(samples.map(({ seen }) => seen[name])),
    })),
    lost: sum(samples.map(({ lost }) => lost)),
    callSlowerMs: callSlowerMs(all, tool),
    spans: mostOf(samples.flatMap(({ spans = [] }) => spans)),
    absent: samples.length > 0 ? null : (absent[tool] ?? 'not measured in this run'),
  };
}

/** `null` where one of them is not known. */
function sum(values: readonly (number | null | undefined)[]): number | null {
  const known = values.filter((value) => typeof value === 'number');
  return known.length < values.length ? null : known.reduce((total, value) => total + value, 0);
}

function mostOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.max(...values);
}

function callSlowerMs(samples: readonly Sample[], tool: string): number | null {
  const base = samples.filter((sample) => sample.tool === baseline);
  const differences = samples.flatMap((sample) => {
    const without = base.find(({ round }) => round === sample.round)?.callMs;
    const isPair = sample.tool === tool && sample.callMs !== undefined && without !== undefined;
    return isPair ? [sample.callMs - without] : [];
  });
  return differences.length === 0 ? null : median(differences);
}

/** For a terminal. */
export function textRow(row: Row): string {
  const cells = cellsOf(row);
  return row.absent === null
    ? `  ${row.title.padEnd(28)} ${cells.join(' · ')}`
    : `  ${row.title.padEnd(28)} not measured: ${row.absent}`;
}

/** Wall ratio, seconds, CPU, memory, events, lost. */
export function cellsOf({ wall, ratio, cpuMs, peakMiB, events, callSlowerMs, lost, tool }: Row): string[] {
  const told = events.filter(({ truth }) => truth > 0).map((event) => eventCell(event));
  const slower = callSlowerMs === null || tool === baseline ? [] : [`a call ${callSlowerMs.toFixed(1)} ms slower`];
  const isBase = tool === baseline;
  return [
    ratio === null
      ? '1'
      : `${ratio.median.toFixed(3)} (${ratio.min.toFixed(3)}–${ratio.max.toFixed(3)}, n=${ratio.count})`,
    `${wall.median.toFixed(3)} s`,
    isBase ? '' : `${cpuMs.toFixed(0)} ms`,
    isBase ? '' : `${peakMiB.toFixed(0)} MiB`,
    isBase ? '' : [...told, ...slower].join(', '),
    lost === null ? '' : `${lost}`,
  ];
}

function eventCell({ name, truth, seen }: Row['events'][number]): string {
  return `${name} ${truth} / ${seen === null ? 'not told' : seen}`;
}
