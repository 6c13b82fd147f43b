import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { scratchFolder } from './actor.ts';

/** The program of file-actor.c, compiled: `file-actor DEED ARGUMENT… DEED ARGUMENT…`. */
export const fileActor: string = join(scratchFolder, 'file-actor');

const source = join(import.meta.dirname, 'file-actor.c');
execFileSync('gcc', ['-O1', '-Wall', '-Wextra', '-Werror', '-static', '-pthread', source, '-o', fileActor]);
