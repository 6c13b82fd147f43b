/** The part of a timeline that something took, from 0 to 1. */
export interface Extent {
  readonly from: number;
  readonly to: number;
}

const leftEighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;
/** A bar is never thinner than this many eighths of a cell, so that the shortest process still shows. */
const thinnest = 2;

/** The bar alone, in `width` cells, to an eighth of a cell at its end and half a cell at its beginning. */
export function bar({ from, to }: Extent, width: number): string {
  const last = width * 8;
  const begin = Math.min(Math.floor(clamp(from) * last), last - thinnest);
  const end = Math.max(Math.ceil(clamp(to) * last), begin + thinnest);
  const firstCell = Math.floor(begin / 8);
  const endCell = Math.floor(end / 8);
  const half = begin % 8 >= 4;
  if (firstCell === endCell)
    return `${' '.repeat(firstCell)}${half ? '▐' : (leftEighths[end % 8] ?? '')}`.padEnd(width);
  const middle = `${half ? '▐' : '█'}${'█'.repeat(endCell - firstCell - 1)}`;
  return `${' '.repeat(firstCell)}${middle}${leftEighths[end % 8] ?? ''}`.padEnd(width);
}

/** Where `start`…`end` lies within the whole. */
export function extent(part: { start: bigint; end: bigint }, whole: { start: bigint; end: bigint }): Extent {
  const length = Number(whole.end - whole.start);
  if (length <= 0) return { from: 0, to: 1 };
  return { from: Number(part.start - whole.start) / length, to: Number(part.end - whole.start) / length };
}

function clamp(value: number): number {
  return Number.isNaN(value) ? 0 : Math.min(Math.max(value, 0), 1);
}
