import type { FinishedSpan } from '../spans/finished-span.ts';
import { bar } from './bar.ts';
import { countWords, coverageWords, resultWord } from './closing.ts';
import type { Note } from './notes.ts';
import { type Paint, painter } from './paint.ts';
import { type Row, rowsOf } from './rows.ts';
import { tell } from './story.ts';
import type { Summary } from './summary.ts';
import { cut, fit, widthOf } from './text.ts';

export interface Look {
  readonly color: boolean;
  /** Columns of the terminal; below 60 lines are made for 60. */
  readonly width: number;
}

/** How the columns share the width. Between label and bar stands a blank, before the notes two. */
interface Columns {
  readonly label: number;
  readonly bar: number;
  readonly notes: number;
}

const durationWidth = 9;
const frameWidth = 2;
const gaps = 3;

/** The run as a waterfall for a terminal: one line a step and notable process, with its place in time. Ends with a line break. */
export function drawWaterfall(spans: readonly FinishedSpan[], summary: Summary, look: Look): string {
  const paint = painter(look.color);
  const width = Math.max(look.width, 60);
  const jobs = tell(spans).map((story) => rowsOf(story, summary.pipeline));
  const columns = shareOut(jobs.flat(), width);
  const blocks = jobs.map((rows) => rows.map((row) => drawRow(row, columns, { paint, width })).join('\n'));
  return `${blocks.join('\n\n')}\n\n${closingLine(summary, { paint, width })}\n`;
}

function shareOut(rows: readonly Row[], width: number): Columns {
  const timed = rows.filter((row) => row.bar !== null);
  const free = width - durationWidth - frameWidth - gaps;
  const wanted = timed.reduce((most, { notes }) => Math.max(most, widthOf(plainNotes(notes))), 0);
  const notes = Math.min(wanted, Math.max(Math.floor(free * 0.34), free - 90));
  const label = Math.min(labelWish(timed), Math.floor((free - notes) * 0.62));
  return { label, notes, bar: Math.min(free - notes - label, 64) };
}

/** Names of steps are shown whole if there is room; command lines have no end, and the timeline needs the room more. */
function labelWish(rows: readonly Row[]): number {
  return rows.reduce((most, { tree, label, labelTone }) => {
    const width = widthOf(tree) + widthOf(label);
    return Math.max(most, labelTone === 'quiet' ? Math.min(width, longCommand) : width);
  }, 16);
}

const longCommand = 48;

interface Canvas {
  readonly paint: Paint;
  readonly width: number;
}

function drawRow(row: Row, columns: Columns, { paint, width }: Canvas): string {
  const tree = paint('quiet', row.tree);
  const treeWidth = widthOf(row.tree);
  if (row.bar === null) return tree + paint(row.labelTone, cut(row.label, width - treeWidth));
  const label = paint(row.labelTone, fit(row.label, columns.label - treeWidth));
  const timeline = `${paint('quiet', '▕')}${paint(row.bar.tone, bar(row.bar, columns.bar))}${paint('quiet', '▏')}`;
  const line = `${tree}${label} ${timeline}${row.duration.padStart(durationWidth)}`;
  return `${line}  ${drawNotes(row.notes, columns.notes, paint)}`.trimEnd();
}

function drawNotes(notes: readonly Note[], width: number, paint: Paint): string {
  const drawn: string[] = [];
  let left = width;
  for (const { tone, text } of notes) {
    if (left < 4) break;
    const short = cut(text, left);
    drawn.push(paint(tone, short));
    left -= widthOf(short) + noteGap.length;
  }
  return drawn.join(noteGap);
}

const noteGap = '  ';

function plainNotes(notes: readonly Note[]): string {
  return notes.map(({ text }) => text).join(noteGap);
}

/** `✔ success · 3 steps · 212 processes · 9 hosts · nothing lost` */
function closingLine({ totals, coverage, result }: Summary, { paint }: Canvas): string {
  const painted = ({ tone, text }: Note) => paint(tone, text);
  const words = [painted(resultWord(result)), ...countWords(totals), ...coverageWords(coverage).map(painted)];
  return words.join(paint('quiet', ' · '));
}
