import type { ProcessImage } from '../lineage/process-table.ts';
import { baseName } from '../spans/text.ts';

/** The text that a shell was given to run (`-c`, `-lc`); `null` for other programs, and for shells that run a file or what they are typed. */
export function shellText({ path, argv }: Pick<ProcessImage, 'path' | 'argv'>): string | null {
  if (!shells.test(baseName(path))) return null;
  const at = argv.findIndex((argument, index) => index > 0 && /^-[a-z]*c[a-z]*$/.test(argument));
  if (at < 0) return null;
  return argv.slice(at + 1).find((argument) => !argument.startsWith('-')) ?? null;
}

/** `bash` is `dash` on some systems, and the other way round on none. */
const shells = /^((ba|da|z|k)?sh|busybox)$/;
