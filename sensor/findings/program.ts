import type { ProcessImage } from '../lineage/process-table.ts';
import { baseName } from '../spans/text.ts';

/**
 * What an image is called: the file that runs, the script that it interprets, and of `node …/npm-cli.js` also `npm-cli.js`. The first is the
 * kernel's word; the others are what a step can choose, so they may lower a finding, and never decide alone that there is none.
 */
export function programNames(image: ProcessImage): string[] {
  const files = [image.program ?? image.path, image.filename];
  const script = interpreterName.test(baseName(image.path)) ? scriptOf(image) : null;
  return [...files, ...(script === null ? [] : [script])].map(baseName);
}

/** Whether one of its names fits, whatever version or suffix of a script stands behind it: `npm-cli.js` is npm. */
export function isCalled(image: ProcessImage, names: RegExp): boolean {
  return programNames(image).some((name) => names.test(name.replace(/(-cli)?\.(js|cjs|mjs|py)$/, '')));
}

/** A program that version control consists of, from a place where the job does not keep its own files. */
export function isVersionControl(image: ProcessImage): boolean {
  return versionControl.test(baseName(image.path)) && systemFolder.test(image.path);
}

const versionControl = /^(git|git-.+|scalar|hg|svn|jj)$/;
const systemFolder = /^\/(usr|bin|opt|nix|snap|lib|home\/linuxbrew)\//;

/** What interprets programs that it is given. */
export const interpreterName = /^(ba|da|z|k|a|fi)?sh$|^(python|perl|ruby|node|php|pwsh|lua|deno|bun)[\d.]*$|^busybox$/;

/** The script that an interpreter was called with; `null` where it was given none, or a text (`-c`, `-e`). */
export function scriptOf({ argv, traits, filename }: ProcessImage): string | null {
  if (traits.script) return filename;
  const rest = argv.slice(1);
  const at = rest.findIndex((argument) => !argument.startsWith('-') || argument === '-');
  const options = at < 0 ? rest : rest.slice(0, at);
  if (options.some((option) => option === '-s' || givesText.test(option))) return null;
  const script = rest[at];
  return script === undefined || script === '-' ? null : script;
}

/** `-c TEXT`, `-lc TEXT`, `-e TEXT`, `--eval TEXT`, `-m MODULE`. */
const givesText = /^-[a-z]*[cem]$|^--(eval|print|command)$|^-p$/;
