import { type CoverageRow, seenAtFunctions } from './row.ts';

const sight = seenAtFunctions({ seen: 'where the policy’s `trace.files.watch: Always` or `--files` asks' });
const counted = {
  tracepoint: { seen: 'counted, where asked' },
  trampoline: { seen: 'counted' },
  lsm: { seen: 'counted' },
};
const file = { subject: 'File', event: 'file', sight } as const;

/** Files, which are watched unasked only where that costs no system call. */
export const fileRows: readonly CoverageRow[] = [
  { ...file, path: 'created', test: 'a file that is made is told by its path, however it is opened' },
  {
    ...file,
    path: 'opened for writing',
    test: 'a file that is opened for writing is told, also when memory writes it',
    note: 'The path is that of the kernel’s open file, whatever links led to it.',
  },
  {
    ...file,
    path: 'renamed, linked, deleted, truncated, mode changed',
    test: 'changes of files are told, each in its own way',
    note: 'With tracepoints alone the path is what the process gave, read when the call returned, and links in it are not followed; else it is the kernel’s own.',
  },
  {
    ...file,
    event: null,
    sight: 'not seen',
    test: null,
    path: 'owner, times or extended attributes changed; a file system mounted',
    note: 'Being in a mount namespace of its own is told of a process, as below.',
  },
  { ...file, path: 'a secret that is read', test: 'a secret that is read is told, and its like that is none is not' },
  {
    ...file,
    path: 'the same again by the same process',
    sight: counted,
    test: 'what a process does again is counted, and told once at its end',
  },
  {
    ...file,
    path: 'the same again by a process that outlives the job',
    sight: counted,
    test: 'an account holds what processes that still live did again, each time once',
    note: 'Up to the job’s end.',
  },
  {
    ...file,
    path: 'through io_uring',
    sight: seenAtFunctions({ seen: 'who asks for files, and by which kind of request' }),
    test: 'who asks for files through io_uring is told, with what is asked, where nothing else sees it',
    note: 'Opening, renaming, linking, deleting, making folders, once for each process and kind; not which file. containerd’s default seccomp profile refuses io_uring.',
  },
];
