import type { ProcessNode } from '../spans/process-node.ts';
import type { AgentPlace } from './sessions.ts';

/** What a process of a coding agent can outlive: the tool call that it belongs to, or the agent itself. */
export type Outlivable = 'tool call' | 'agent';

export interface Survivor {
  readonly node: ProcessNode;
  readonly of: Outlivable;
}

/** How long something has to be over before what still runs was left behind: what it started may take a moment to end. */
const settleNanos = 2_000_000_000n;

/** What ended, and whose end that was. */
interface Ended {
  readonly time: bigint;
  readonly node: ProcessNode;
  readonly of: Outlivable;
}

/** Which processes of one job still run a while after their tool call, or their agent, has ended. */
export class Outlived {
  readonly #ended: Ended[] = [];

  /** Of every process that ends. */
  ended(node: ProcessNode): void {
    const { agent, image } = node;
    if (agent === null) return;
    const time = image.end ?? image.start;
    if (agent.call?.root === node) this.#ended.push({ time, node, of: 'tool call' });
    if (agent.session.first === node) this.#ended.push({ time, node, of: 'agent' });
  }

  /** Those whose time has come; each end is looked at once. */
  due(now: bigint): Survivor[] {
    const survivors: Survivor[] = [];
    while (this.#ended[0] !== undefined && now - this.#ended[0].time >= settleNanos) {
      const ended = this.#ended.shift() as Ended;
      survivors.push(...survivorsOf(ended));
    }
    return survivors;
  }
}

function survivorsOf({ node: { scope, agent: over }, of }: Ended): Survivor[] {
  const isOf = (place: AgentPlace | null) =>
    of === 'tool call' ? place?.call === over?.call : place?.session === over?.session && place?.isAgent === false;
  return stillRunning(scope.running)
    .filter((node) => isOf(node.agent))
    .map((node) => ({ node, of }));
}

/** Each process once: by its last image. */
export function stillRunning(nodes: ReadonlySet<ProcessNode>): ProcessNode[] {
  const replaced = new Set([...nodes].map(({ image }) => image.replaced));
  return [...nodes].filter(({ image }) => image.end === null && !replaced.has(image));
}
