/** A shell call as the kernel saw it begin. Times are Unix nanoseconds. */
export interface SeenCall {
  /** The call's id, where the environment of its process has one. */
  readonly callId: string | null;
  readonly command: string;
  /** Only the command's beginning is known. */
  readonly isCut: boolean;
  readonly start: bigint;
}

/** A shell call as the agent tells it. */
export interface ClaimedCall {
  readonly id: string;
  /** `null`: not told. */
  readonly command: string | null;
  readonly start: bigint;
  readonly end: bigint;
}

export interface Pair<Seen, Told> {
  readonly seen: Seen;
  readonly told: Told;
}

interface Calls<Seen, Told> {
  seen: readonly Seen[];
  told: readonly Told[];
}

/**
 * Which told call is which seen one, within one run of an agent: by the call's id, else by the command's text. Times choose among equal texts, and
 * join what has no text and, in the end, a command that is told as another one than ran. As long as more may come (`isFinal` false) what is not
 * certain is left alone. Each call is in one pair at most, and the order of the lists does not matter.
 */
export function joinCalls<Seen extends SeenCall, Told extends ClaimedCall>(
  calls: Calls<Seen, Told>,
  isFinal: boolean,
): Pair<Seen, Told>[] {
  let left = { seen: calls.seen.toSorted(earlier), told: calls.told.toSorted(earlier) };
  const pairs: Pair<Seen, Told>[] = [];
  const take = (found: Pair<Seen, Told>[]) => {
    pairs.push(...found);
    left = without(left, found);
  };
  take(pairsById(left));
  for (const group of groupsByText(left)) take(pairsOfOneText(group, isFinal));
  const anonymous = { seen: left.seen.filter(({ callId }) => callId === null), told: left.told };
  const silent = { ...anonymous, told: left.told.filter(({ command }) => command === null) };
  take(isFinal ? pairsInTime(silent) : certainPairs(silent));
  if (isFinal) take(certainPairs(without(anonymous, pairs)));
  return pairs;
}

/** Clocks of one machine that are read a little apart: a process begins before or after its tool call is written down as begun. */
const slack = 50_000_000n;
/** So much of a command counts, in UTF-16 units: kernel and agent cut long ones, each elsewhere. */
const decisive = 2_048;

/** Whether the command that was seen is the one that was told, as far as it is known; blanks around them do not count. */
export function isSameCommand({ command, isCut }: Pick<SeenCall, 'command' | 'isCut'>, told: string): boolean {
  const [seen, other] = [textOf(command), textOf(told)];
  return isCut ? other.startsWith(seen) : other === seen;
}

function textOf(command: string): string {
  return command.replaceAll('\r\n', '\n').trim().slice(0, decisive);
}

interface Timed {
  readonly start: bigint;
  readonly id?: string;
}

function earlier(one: Timed, other: Timed): number {
  if (one.start !== other.start) return one.start < other.start ? -1 : 1;
  return (one.id ?? '') < (other.id ?? '') ? -1 : 1;
}

function pairsById<Seen extends SeenCall, Told extends ClaimedCall>({ seen, told }: Calls<Seen, Told>) {
  const byId = new Map(told.map((call) => [call.id, call]));
  const pairs: Pair<Seen, Told>[] = [];
  for (const call of seen) {
    const word = byId.get(call.callId ?? '');
    if (word === undefined || call.callId === null) continue;
    byId.delete(call.callId);
    pairs.push({ seen: call, told: word });
  }
  return pairs;
}

function groupsByText<Seen extends SeenCall, Told extends ClaimedCall>({ seen, told }: Calls<Seen, Told>) {
  const groups = new Map<string, { seen: Seen[]; told: Told[] }>();
  for (const word of told) {
    if (word.command === null) continue;
    const text = textOf(word.command);
    const group = groups.get(text) ?? { seen: [], told: [] };
    group.told.push(word);
    groups.set(text, group);
  }
  for (const call of seen) (groups.get(textOf(call.command)) ?? groupOfBeginning(call, groups))?.seen.push(call);
  return groups.values();
}

/** Of the texts that begin as the command does, of which no more is known, that of a call at the time. */
function groupOfBeginning<Group extends Calls<SeenCall, ClaimedCall>>(call: SeenCall, groups: Map<string, Group>) {
  const text = textOf(call.command);
  if (!call.isCut || text === '') return undefined;
  const alike = [...groups].filter(([told]) => told.startsWith(text)).map(([, group]) => group);
  return alike.find(({ told }) => told.some((word) => isWithin(call, word))) ?? alike[0];
}

/** Those that can only be one another; the others once no more can come, or when there are as many of one kind as of the other. */
function pairsOfOneText<Seen extends SeenCall, Told extends ClaimedCall>(group: Calls<Seen, Told>, isFinal: boolean) {
  const certain = certainPairs(group);
  const left = without(group, certain);
  if (!isFinal && left.seen.length !== left.told.length) return certain;
  const inTime = pairsInTime(left);
  return [...certain, ...inTime, ...pairsInTurn(without(left, inTime))];
}

function certainPairs<Seen extends SeenCall, Told extends ClaimedCall>({ seen, told }: Calls<Seen, Told>) {
  return told.flatMap((word): Pair<Seen, Told>[] => {
    const [only, ...others] = seen.filter((call) => isWithin(call, word));
    if (only === undefined || others.length > 0) return [];
    const isOnlyWord = told.every((other) => other === word || !isWithin(only, other));
    return isOnlyWord ? [{ seen: only, told: word }] : [];
  });
}

/** To each word the first that began while it lasted. */
function pairsInTime<Seen extends SeenCall, Told extends ClaimedCall>({ seen, told }: Calls<Seen, Told>) {
  const left = new Set(seen);
  return told.flatMap((word): Pair<Seen, Told>[] => {
    const call = [...left].find((one) => isWithin(one, word));
    if (call === undefined) return [];
    left.delete(call);
    return [{ seen: call, told: word }];
  });
}

function pairsInTurn<Seen, Told>({ seen, told }: Calls<Seen, Told>): Pair<Seen, Told>[] {
  return told.flatMap((word, index) => {
    const call = seen[index];
    return call === undefined ? [] : [{ seen: call, told: word }];
  });
}

function isWithin({ start }: SeenCall, told: ClaimedCall): boolean {
  return start >= told.start - slack && start <= told.end + slack;
}

function without<Seen, Told>(calls: Calls<Seen, Told>, pairs: readonly Pair<Seen, Told>[]) {
  const [seen, told] = [new Set(pairs.map((pair) => pair.seen)), new Set(pairs.map((pair) => pair.told))];
  return { seen: calls.seen.filter((call) => !seen.has(call)), told: calls.told.filter((call) => !told.has(call)) };
}
