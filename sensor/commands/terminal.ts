import type { WriteStream } from 'node:tty';
import type { Look } from '../report/waterfall.ts';
import type { CommandEnvironment } from './config.ts';

/** Columns where nobody says how many there are (a CI log). */
const defaultWidth = 100;

/** How a drawing on this stream should look: colours only on a terminal that wants them. */
export function lookOf(stream: Pick<WriteStream, 'isTTY' | 'columns'>, env: CommandEnvironment): Look {
  const color = stream.isTTY === true && !env.noColor && !env.dumbTerminal;
  return { color, width: (stream.isTTY ? stream.columns : undefined) ?? env.columns ?? defaultWidth };
}
