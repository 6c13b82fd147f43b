/** The part of the time that the bars show, in milliseconds after the start. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

export interface Tick {
  /** From 0 to 1. */
  readonly at: number;
  readonly label: string;
}

/** Closer than a tenth of a millisecond there is nothing more to see. */
const shortest = 0.1;

/** Makes the window `factor` times as long around its middle, or around `center`, and keeps it within the whole. */
export function zoom(
  window: TimeWindow,
  factor: number,
  whole: number,
  center = (window.from + window.to) / 2,
): TimeWindow {
  const length = (window.to - window.from) * factor;
  const share = (center - window.from) / Math.max(window.to - window.from, Number.MIN_VALUE);
  return within({ from: center - length * share, to: center + length * (1 - share) }, whole);
}

/** Moves the window by a share of its own length. */
export function pan({ from, to }: TimeWindow, share: number, whole: number): TimeWindow {
  const by = (to - from) * share;
  const step = Math.min(Math.max(by, -from), whole - to);
  return within({ from: from + step, to: to + step }, whole);
}

/** The window over something, with some air on both sides. */
export function around(from: number, to: number, whole: number): TimeWindow {
  const air = Math.max((to - from) * 0.1, shortest / 2);
  return within({ from: from - air, to: to + air }, whole);
}

/** Of the whole, not shorter than can be shown. */
export function within({ from, to }: TimeWindow, whole: number): TimeWindow {
  const full = Math.max(whole, shortest);
  const length = Math.min(Math.max(to - from, shortest), full);
  const begin = Math.min(Math.max(from, 0), full - length);
  return { from: begin, to: begin + length };
}

/** At most about `most` instants at round times within the window. */
export function ticks(window: TimeWindow, most: number): Tick[] {
  const length = window.to - window.from;
  const step = steps.find((each) => length / each <= most) ?? Math.ceil(length / most / hour) * hour;
  const first = Math.ceil(window.from / step);
  const count = Math.floor(window.to / step) - first + 1;
  return Array.from({ length: Math.max(count, 0) }, (_, index) => {
    const time = (first + index) * step;
    return { at: (time - window.from) / length, label: tickLabel(time, step) };
  });
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const steps = [
  ...[0.01, 0.1, 1, 10, 100].flatMap((unit) => [unit, 2 * unit, 5 * unit]),
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * second),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * minute),
  ...[1, 2, 6, 12, 24].map((hours) => hours * hour),
];

function tickLabel(time: number, step: number): string {
  if (time === 0) return '0';
  if (time < minute) return time < second && step < second ? millis(time, step) : seconds(time, step);
  const [hours, minutes] = [Math.floor(time / hour), Math.floor((time % hour) / minute)];
  const rest = (time % minute) / second;
  const parts = [
    hours > 0 ? `${hours} h` : '',
    minutes > 0 ? `${minutes} m` : '',
    rest > 0 ? seconds(time % minute, step) : '',
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function millis(time: number, step: number): string {
  return `${time.toFixed(step < 0.1 ? 2 : step < 1 ? 1 : 0)} ms`;
}

function seconds(time: number, step: number): string {
  const digits = Math.max(0, Math.ceil(-Math.log10(step / second)));
  return `${(time / second).toFixed(digits)} s`;
}
