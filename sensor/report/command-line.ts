import type { FinishedSpan } from '../spans/finished-span.ts';

const plainWord = /^[\w@%+=:,./~-]+$/;
/** Characters of a command line that anybody can see at once. */
const enough = 400;

/** A process as a person would have typed it: `git fetch origin`, the executable without its folder; a name where no arguments were recorded. */
export function commandLine({ name, attributes }: FinishedSpan): string {
  const args = attributes['process.command_args'];
  return Array.isArray(args) && args.length > 0 ? joinWords(args) || name : name;
}

/** Words as a shell would take them, the first without its folder. */
export function joinWords([program = '', ...rest]: readonly string[]): string {
  let line = program.slice(program.lastIndexOf('/') + 1);
  for (const word of rest) {
    if (line.length > enough) break;
    line += ` ${plainWord.test(word) ? word : `'${word.slice(0, enough).replaceAll("'", "'\\''")}'`}`;
  }
  return line;
}
