import type { ProcessImage } from '../lineage/process-table.ts';
import { baseName } from '../spans/text.ts';

/** The text that a shell was given to run (`-c`, `-lc`); `null` for other programs, and for shells that run a file or what they are typed. */
export function shellText(image: ShellImage): string | null {
  const { path, argv } = image;
  if (!shells.test(baseName(path))) return null;
  const at = argv.findIndex((argument, index) => index > 0 && /^-[a-z]*c[a-z]*$/.test(argument));
  if (at < 0) return null;
  const text = argv.slice(at + 1).find((argument) => !argument.startsWith('-')) ?? null;
  // The cut can go through a character.
  return text !== null && isCutOff(image) ? text.replace(/\uFFFD$/, '') : text;
}

/** Whether only the beginning of the arguments is known: of what is longer than 4 KiB the rest is told later, or not at all. */
export function isCutOff({ argvKnown, argvBytes }: Pick<ProcessImage, 'argvKnown' | 'argvBytes'>): boolean {
  return argvKnown < argvBytes;
}

type ShellImage = Pick<ProcessImage, 'path' | 'argv' | 'argvKnown' | 'argvBytes'>;

/** `bash` is `dash` on some systems, and the other way round on none. */
const shells = /^((ba|da|z|k)?sh|busybox)$/;
