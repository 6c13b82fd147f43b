import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine, type Machine } from './machine.ts';
import { type Measured, measure, type Sample, type Task } from './measure.ts';
import { Preparation } from './prepare.ts';
import { orderOf } from './statistics.ts';
import { rowsOf, textRow } from './table.ts';
import { type Tool, takesPart, tools } from './tools.ts';
import { type Prepared, type Workload, workloads } from './workloads.ts';

const out = resolve(import.meta.dirname, '../../../out/bench');

/** `main.ts [--rounds N] [--minutes N] [--tiny] [WORKLOAD…]`: no round begins after so many minutes. */
async function main(): Promise<void> {
  const options = {
    rounds: { type: 'string', default: '7' },
    minutes: { type: 'string', default: '60' },
    tiny: { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const chosen = choose(positionals);
  const machine = describeMachine();
  console.log(describe(machine));
  await using preparation = new Preparation();
  const prepared = await preparation.prepare();
  mkdirSync(out, { recursive: true });
  const benches = chosen.map((workload) => new Bench(workload, prepared, values.tiny ? workload.tiny : workload.size));
  const lastStart = performance.now() + Number(values.minutes) * 60_000;
  for (let round = 0; round < Number(values.rounds) && performance.now() < lastStart; round += 1) {
    console.log(`round ${round + 1} of ${values.rounds}`);
    for (const bench of benches) {
      await bench.round(round);
      bench.write(machine);
    }
  }
  for (const bench of benches) bench.print(machine);
}

function choose(names: readonly string[]): readonly Workload[] {
  const unknown = names.find((name) => !workloads.some((workload) => workload.name === name));
  if (unknown !== undefined)
    throw new Error(`There is no workload '${unknown}'; there are ${workloads.map(({ name }) => name).join(', ')}`);
  return names.length === 0 ? workloads : workloads.filter(({ name }) => names.includes(name));
}

/** The rounds of one workload. */
class Bench {
  readonly samples: Sample[] = [];
  readonly absent: Record<string, string> = {};
  readonly #tools: Tool[];
  readonly #workload: Workload;
  readonly #command: Task['command'] | null;
  readonly #size: number;
  readonly #prepared: Prepared;

  constructor(workload: Workload, prepared: Prepared, size: number) {
    this.#workload = workload;
    this.#prepared = prepared;
    this.#size = size;
    this.#command = workload.command(prepared, size);
    this.#tools = tools.filter((tool) => takesPart(tool, workload.name));
  }

  async round(round: number): Promise<void> {
    const { status, truth } = this.#workload;
    const figures = () => this.#workload.figures?.(this.#prepared) ?? {};
    if (this.#command === null) {
      for (const { name } of this.#tools) this.absent[name] = 'what the workload needs could not be had';
      return;
    }
    for (const tool of orderOf(this.#tools, round)) {
      if (this.absent[tool.name] !== undefined) continue;
      await this.#take({ round, tool, command: this.#command, status, truth: truth(this.#size), figures });
    }
  }

  write(machine: Machine): void {
    writeFileSync(join(out, `${this.#workload.name}.json`), `${JSON.stringify(this.#measured(machine), null, 1)}\n`);
  }

  print(machine: Machine): void {
    console.log(`\n${this.#workload.name}: ${this.#workload.title}`);
    for (const row of rowsOf(this.#measured(machine))) console.log(textRow(row));
  }

  #measured(machine: Machine): Measured {
    const { name } = this.#workload;
    return { machine, workload: name, size: this.#size, samples: this.samples, absent: this.absent };
  }

  /** A tool that does not run here is left out from then on, and why is said. */
  async #take(task: Task): Promise<void> {
    try {
      this.samples.push(await measure(task));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.absent[task.tool.name] = reason;
      console.error(`bench: ${task.tool.name} is left out of ${this.#workload.name}: ${reason}`);
    }
  }
}

function describe({ processors, model, memoryGiB, kernel, distribution, tier, loadBefore }: Machine): string {
  return `machine: ${processors} × ${model}, ${memoryGiB} GiB, ${distribution}, Linux ${kernel}, tier ${tier}, load ${loadBefore.toFixed(2)}`;
}

await main();
