import { baseName } from '../spans/text.ts';

/** What glibc and musl call the program that loads programs. */
const loaderName = /^ld(?:64|-[\w.-]{1,64})?\.so(?:\.\d{1,4})*$/;

/** Options whose next argument is a value (glibc's elf/rtld.c, musl's ldso/dynlink.c). */
const withValue = new Set([
  '--library-path',
  '--inhibit-rpath',
  '--audit',
  '--preload',
  '--argv0',
  '--glibc-hwcaps-prepend',
  '--glibc-hwcaps-mask',
]);

/**
 * The program that a dynamic loader was called to run (`ld.so [OPTION]… PROGRAM`), `null` for every other execution. That it is a loader is
 * told by the file's own name, under which the kernel found it, or the one it was called by; the program by the arguments, which is all that
 * the loader itself goes by.
 */
export function loadedProgram(path: string, filename: string, argv: readonly string[]): string | null {
  const isLoader = loaderName.test(baseName(path)) || loaderName.test(baseName(filename));
  return isLoader ? firstOperand(argv.slice(1)) : null;
}

function firstOperand(given: readonly string[]): string | null {
  const at = given.findIndex(
    (argument, index) => argument === '--' || !(argument.startsWith('--') || withValue.has(given[index - 1] ?? '')),
  );
  return given[given[at] === '--' ? at + 1 : at] || null;
}
