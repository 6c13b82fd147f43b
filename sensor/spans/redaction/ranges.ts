/** What stands in the place of a secret. */
export const redacted = '[REDACTED]';

/** A part of a text, in UTF-16 units: from the first, up to and without the second. */
export type Range = readonly [from: number, to: number];

/** The text with {@link redacted} in the place of each range; ranges that touch or overlap become one. */
export function replaceRanges(text: string, ranges: readonly Range[]): string {
  let result = '';
  let done = 0;
  for (const [from, to] of joined(ranges)) {
    result += text.slice(done, from) + redacted;
    done = to;
  }
  return result + text.slice(done);
}

function joined(ranges: readonly Range[]): Range[] {
  const sorted = ranges.filter(([from, to]) => to > from).sort(([one], [other]) => one - other);
  const result: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = result.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}
