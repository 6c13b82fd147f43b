import type { KernelEvent } from '../../decode/kernel-events.ts';
import type { ExecEvent } from '../../decode/process-events.ts';
import type { Birth, Executed, Forest } from '../../probe/testing/forest.ts';
import { ownPrograms } from '../../probe/testing/forest.ts';
import type { FinishedSpan } from '../../spans/finished-span.ts';

/** Where what the kernel told of a forest is not what the forest wrote down of itself, a sentence each. */
export function compareEvents(forest: Forest, events: readonly KernelEvent[]): string[] {
  const execs = events.filter((event) => event.kind === 'exec');
  const names = new Names(forest, execs);
  const wanted = [
    ...forest.images.map((image) => describeImage(image)),
    ...forest.births
      .filter(isOfTree)
      .map(({ tree, step, pid, image }) => `fork ${treeStep(tree, step)} ${pid} from ${image}`),
    ...forest.endings.map((end) => describeEnd(end, names.lastImage(end))),
  ];
  const told = events.flatMap((event) => names.describe(event));
  return [...names.faults, ...difference(wanted, told)];
}

/** The same of spans: each execution has one, below the right span, in the right step and job. */
export function compareSpans(forest: Forest, spans: readonly FinishedSpan[]): string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const isStep = (span: FinishedSpan) => 'chaperone.step.ordinal' in span.attributes;
  const stepOf = (span: FinishedSpan): string => {
    let at: FinishedSpan | undefined = span;
    while (at !== undefined && !isStep(at)) at = byId.get(at.parentSpanId ?? '');
    return at === undefined ? 'none' : String(at.attributes['chaperone.step.id']);
  };
  const told = spans.flatMap((span) => {
    const image = imageOf(argumentsOf(span));
    if (image === null) return [];
    const parent = byId.get(span.parentSpanId ?? '');
    const above = parent === undefined ? null : imageOf(argumentsOf(parent));
    return [`span ${image} below ${above ?? 'no process'} in step ${stepOf(span)}`];
  });
  const runners = new Set(forest.images.filter(({ before }) => before === null).map(({ image }) => image));
  const wanted = forest.images.flatMap(({ image, before, step }) => {
    if (before === null) return [];
    const above = runners.has(before) ? 'no process' : before;
    return [`span ${image} below ${above} in step ${step < ownPrograms ? `__run_${step}` : 'none'}`];
  });
  return difference(wanted, told);
}

/** Tells events in the forest's own words. */
class Names {
  readonly faults: string[] = [];
  readonly #images = new Map<string, Executed>();
  /** By the kernel's image id, and by root. */
  readonly #known = new Map<string, Executed>();
  readonly #roots = new Map<string, string>();
  readonly #last = new Map<string, string>();

  constructor(forest: Forest, execs: readonly ExecEvent[]) {
    for (const image of forest.images) {
      this.#images.set(image.image, image);
      this.#last.set(image.process, image.image);
    }
    const runners = new Map(forest.images.filter(({ before }) => before === null).map((image) => [image.tree, image]));
    for (const exec of execs) {
      const image = exec.argv.includes('runner')
        ? runners.get(Number(exec.argv[2]))
        : this.#images.get(imageOf(exec.argv) ?? '');
      if (image !== undefined) this.#learn(exec, image);
    }
  }

  /** What a process ran last: of its own, or as it inherited it. */
  lastImage({ process, image }: { process: string; image: string }): string {
    return this.#last.get(process) ?? image;
  }

  describe(event: KernelEvent): string[] {
    if (event.kind === 'exec') return this.#describeExec(event);
    const image = this.#known.get(event.image);
    if (image === undefined) return [];
    if (event.kind === 'fork') {
      const where = event.childRoot === null ? treeStep(image.tree, 0) : this.#roots.get(event.childRoot);
      return [`fork ${where} ${event.childPid} from ${image.image}`];
    }
    if (event.kind !== 'exit') return [];
    const where = event.root === null ? treeStep(image.tree, 0) : this.#roots.get(event.root);
    return [`end ${where} ${event.pid} as ${image.image} with ${event.code} ${event.signal}`];
  }

  #learn(exec: ExecEvent, image: Executed): void {
    this.#known.set(exec.image, image);
    if (exec.root === null) return;
    const where = treeStep(image.tree, image.step);
    const known = this.#roots.get(exec.root);
    if (known !== undefined && known !== where) this.faults.push(`root ${exec.root} is of ${known} and of ${where}`);
    this.#roots.set(exec.root, where);
  }

  #describeExec(exec: ExecEvent): string[] {
    const image = this.#known.get(exec.image);
    if (image === undefined)
      return exec.argv.includes('node') ? [`exec ${exec.argv.join(' ')}, which nobody wrote down`] : [];
    const before = exec.parentImage === null ? undefined : this.#known.get(exec.parentImage);
    const where = exec.root === null ? treeStep(image.tree, 0) : this.#roots.get(exec.root);
    const own = { before: before?.image ?? null, pid: exec.pid, replaces: exec.replaces };
    return [describeExecution(image.image, where, own)];
  }
}

/** And not a runner, whose mother is the forest itself. */
function isOfTree({ image }: Birth): boolean {
  return image !== '0'.repeat(16);
}

function describeImage({ image, tree, step, before, pid, replaces }: Executed): string {
  return describeExecution(image, treeStep(tree, step), { before, pid, replaces });
}

function describeExecution(
  image: string,
  where: string | undefined,
  { before, pid, replaces }: Pick<Executed, 'before' | 'pid' | 'replaces'>,
): string {
  return `exec ${image} ${where} ${pid} after ${before}${replaces ? ', replacing' : ''}`;
}

function describeEnd(
  end: { tree: number; step: number; pid: number; code: number; signal: number },
  image: string,
): string {
  return `end ${treeStep(end.tree, end.step)} ${end.pid} as ${image} with ${end.code} ${end.signal}`;
}

function treeStep(tree: number, step: number): string {
  return `tree ${tree} step ${step}`;
}

/** `node TREE STEP PROCESS IMAGE …`, perhaps after a script's name. */
function imageOf(argv: readonly string[]): string | null {
  const at = argv.indexOf('node');
  return at < 0 ? null : (argv[at + 4] ?? null);
}

function argumentsOf({ attributes }: FinishedSpan): readonly string[] {
  const argv = attributes['process.command_args'];
  return Array.isArray(argv) ? argv : [];
}

/** As multisets. */
function difference(wanted: readonly string[], told: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const text of wanted) counts.set(text, (counts.get(text) ?? 0) + 1);
  for (const text of told) counts.set(text, (counts.get(text) ?? 0) - 1);
  return [...counts].flatMap(([text, count]) =>
    count === 0 ? [] : [count > 0 ? `not told: ${text}` : `told, and not so: ${text}`],
  );
}
