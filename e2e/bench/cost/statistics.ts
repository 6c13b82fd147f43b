/** The middle sample, or the mean of the two in the middle; NaN of none. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Of how many samples. */
  readonly count: number;
}

/** The middle of some samples and how far they lie apart. */
export function spread(samples: readonly number[]): Spread {
  return { median: median(samples), min: Math.min(...samples), max: Math.max(...samples), count: samples.length };
}

/** One measurement of one contender in one round. */
export interface Timed {
  readonly round: number;
  readonly tool: string;
  readonly wallNs: number;
}

/** A contender's time over the baseline's of the same round, so that a machine whose speed drifts compares like with like. */
export function pairedRatios(samples: readonly Timed[], tool: string, baseline: string): number[] {
  const base = new Map(
    samples.filter((sample) => sample.tool === baseline).map(({ round, wallNs }) => [round, wallNs]),
  );
  return samples.flatMap((sample) => {
    const under = base.get(sample.round);
    return sample.tool === tool && under !== undefined ? [sample.wallNs / under] : [];
  });
}

export interface Contender {
  readonly name: string;
  /** Takes part in every nth round; the first round is everybody's. */
  readonly every: number;
}

/** Who runs in a round, in which order: each round begins one further, and after a whole turn goes backwards, so that nobody is always first or always behind the same one. */
export function orderOf<One extends Contender>(contenders: readonly One[], round: number): One[] {
  const taking = contenders.filter(({ every }) => round % every === 0);
  const count = Math.max(1, taking.length);
  const turn = round % count;
  const rotated = [...taking.slice(turn), ...taking.slice(0, turn)];
  return Math.floor(round / count) % 2 === 0 ? rotated : rotated.toReversed();
}
