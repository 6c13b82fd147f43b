import type { ProcessImage } from '../lineage/process-table.ts';
import { baseName } from '../spans/text.ts';

/** Whether the file that runs, or the script that it interprets, lies in this npm package or in one of its packages for a platform (`NAME-linux-x64`). */
export function isOfPackage(image: ProcessImage, name: string): boolean {
  const folder = `/node_modules/${name}`;
  return [image.path, ...scriptsOf(image)].some((file) => {
    const at = file.indexOf(folder);
    return at >= 0 && /^(-[\w-]+)?\//.test(file.slice(at + folder.length));
  });
}

/** Whether Node or Bun interprets a script of this name, or the file that runs is called so. */
export function isProgram(image: ProcessImage, name: string): boolean {
  return baseName(image.path) === name || scriptsOf(image).some((script) => baseName(script) === name);
}

/** Of a script with `#!`, the script; of Node and Bun, their first argument that is no option. */
function scriptsOf({ path, filename, traits, argv }: ProcessImage): string[] {
  if (traits.script) return [filename];
  const script = interpreters.test(baseName(path)) ? argv.slice(1).find((argument) => !argument.startsWith('-')) : null;
  return script ? [script] : [];
}

const interpreters = /^(node|nodejs|bun)$/;
