import type { FinishedSpan } from '../spans/finished-span.ts';
import { bar } from './bar.ts';
import { countWords, coverageWords, resultWord, unwatchedWords } from './closing.ts';

import { type Note, type Paint, painter } from './paint.ts';
import { type Row, rowsOf } from './rows.ts';
import { tell } from './story.ts';
import type { Summary } from './summary.ts';
import { cut, fit, widthOf } from './text.ts';

export interface Look {
  readonly color: boolean;
  /** Columns of the terminal; below 40 lines are made for 40. */
  readonly width: number;
}

/** How the columns share the width. Between label and bar stands a blank, before the notes two. */
interface Columns {
  readonly label: number;
  readonly bar: number;
  /** Notes that find no room in it stand below their line. */
  readonly notes: number;
}

const narrowest = 40;
/** With fewer columns names and bars need all of them, unless the notes are short. */
const roomForNotes = 100;
const durationWidth = 9;
const frameWidth = 2;
const gaps = 3;

/** The run as a waterfall for a terminal: one line a step and notable process, with its place in time. Ends with a line break. */
export function drawWaterfall(spans: readonly FinishedSpan[], summary: Summary, look: Look): string {
  const paint = painter(look.color);
  const width = Math.max(look.width, narrowest);
  const canvas = { paint, width };
  const closing = wrapped(closingWords(summary), canvas).join('\n');
  if (summary.reason !== undefined) return `${closing}\n`;
  const stories = tell(spans);
  const jobs = stories.map((story) => rowsOf(story, summary.pipeline));
  const columns = shareOut(jobs.flat(), width);
  const blocks = jobs.map((rows) =>
    rows.flatMap((row, index) => drawRow(row, rows[index + 1], columns, canvas)).join('\n'),
  );
  const unwatched = wrapped(unwatchedWords(stories.map(({ job }) => job)), canvas);
  return `${blocks.join('\n\n')}\n\n${[closing, ...unwatched].join('\n')}\n`;
}

function shareOut(rows: readonly Row[], width: number): Columns {
  const timed = rows.filter((row) => row.bar !== null);
  const free = width - durationWidth - frameWidth - gaps;
  const wanted = timed.reduce((most, { notes }) => Math.max(most, widthOf(plainNotes(notes))), 0);
  const most = Math.max(Math.floor(free * 0.34), free - 90);
  const notes = wanted > most && width < roomForNotes ? 0 : Math.min(wanted, most);
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

function drawRow(row: Row, next: Row | undefined, columns: Columns, { paint, width }: Canvas): string[] {
  const tree = paint('quiet', row.tree);
  const treeWidth = widthOf(row.tree);
  if (row.bar === null) return [tree + paint(row.labelTone, cut(row.label, width - treeWidth))];
  const label = paint(row.labelTone, fit(row.label, columns.label - treeWidth));
  const timeline = `${paint('quiet', '▕')}${paint(row.bar.tone, bar(row.bar, columns.bar))}${paint('quiet', '▏')}`;
  const line = `${tree}${label} ${timeline}${row.duration.padStart(durationWidth)}`;
  const { beside, below } = split(row.notes, columns.notes);
  const under = treeBelow(row, next);
  const room = Math.max(width - widthOf(under), narrowest / 2);
  return [
    `${line}  ${drawNotes(beside, paint)}`.trimEnd(),
    ...linesOf(below, room).map((notes) => `${paint('quiet', under)}${drawNotes(notes, paint)}`),
  ];
}

/** The notes that fit beside the line, in their order, and the others. */
function split(notes: readonly Note[], width: number): { beside: readonly Note[]; below: readonly Note[] } {
  const fitting = notes.findLastIndex((_, index) => widthOf(plainNotes(notes.slice(0, index + 1))) <= width) + 1;
  return { beside: notes.slice(0, fitting), below: notes.slice(fitting) };
}

/** The tree's lines where notes stand below their row: those that go on to what follows. */
function treeBelow(row: Row, next: Row | undefined): string {
  if (next !== undefined && next.depth > row.depth) return next.tree.replace(/[├└]─ $/, '│  ');
  return `${row.tree.replace('├─ ', '│  ').replace('└─ ', '   ')}   `;
}

/** As many notes a line as fit; a longer one goes on in the next line at a blank. */
function linesOf(notes: readonly Note[], width: number): Note[][] {
  const lines: Note[][] = [];
  for (const part of notes.flatMap((note) => partsOf(note, width))) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(plainNotes([...last, part])) <= width) last.push(part);
    else lines.push([part]);
  }
  return lines;
}

/** In lines: who names a file for a whole page gets no page. */
const longestNote = 4;

function partsOf({ tone, text }: Note, width: number): Note[] {
  const parts: string[] = [];
  for (const word of cut(text, width * longestNote).split(' ')) {
    const longer = `${parts.at(-1)} ${word}`;
    if (parts.length > 0 && widthOf(longer) <= width) parts[parts.length - 1] = longer;
    else parts.push(cut(word, width));
  }
  return parts.map((part) => ({ tone, text: part }));
}

function drawNotes(notes: readonly Note[], paint: Paint): string {
  return notes.map(({ tone, text }) => paint(tone, text)).join(noteGap);
}

const noteGap = '  ';

function plainNotes(notes: readonly Note[]): string {
  return notes.map(({ text }) => text).join(noteGap);
}

/** `✔ success · 3 steps · 212 processes · 9 hosts · nothing lost` */
function closingWords(summary: Summary): Note[] {
  return [resultWord(summary), ...countWords(summary), ...coverageWords(summary.coverage)];
}

/** With dots between them, in as many lines as that takes. */
function wrapped(words: readonly Note[], { paint, width }: Canvas): string[] {
  const lines: Note[][] = [];
  for (const word of words) {
    const last = lines.at(-1);
    const longer = [...(last ?? []), word].map(({ text }) => text).join(' · ');
    if (last !== undefined && widthOf(longer) <= width) last.push(word);
    else lines.push(...partsOf(word, width).map((part) => [part]));
  }
  return lines.map((line) => line.map(({ tone, text }) => paint(tone, text)).join(paint('quiet', ' · ')));
}
