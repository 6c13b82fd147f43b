import type { CoverageRow } from './row.ts';

const execution = { subject: 'Execution', event: 'exec', sight: 'seen' } as const;
const life = { subject: 'Process', sight: 'seen' } as const;
const user = { subject: 'Change of user or capabilities', event: 'credentials' } as const;

/** Processes: how they begin, what they execute, whose rights they have, how they end. */
export const processRows: readonly CoverageRow[] = [
  {
    ...execution,
    path: 'execve(2)',
    test: 'an exec is told with path, filename, arguments, working directory and user',
  },
  {
    ...execution,
    path: 'execveat(2), fexecve(3)',
    test: 'fexecve and execveat are told with the file that was executed',
  },
  { ...execution, path: 'a file in memory (memfd)', test: 'a program in memory is told as one, however it is called' },
  { ...execution, path: 'a file without a name any more', test: 'a file without a name any more is told as one' },
  { ...execution, path: 'a script', test: 'a script is told as one, also a script of a script' },
  {
    ...execution,
    path: 'a loader (`ld.so program`)',
    test: 'a program that a loader runs is told with the loader',
    note: 'A loader is known by its name: a copy under another one is told as a program with arguments.',
  },
  {
    ...execution,
    path: 'by another thread than the first',
    test: 'an exec by another thread than the first is one of the same process',
  },
  {
    ...execution,
    path: 'arguments beyond 4 KiB',
    event: 'argv',
    sight: { seen: 'up to 128 KiB, the rest by its length' },
    test: 'of more than 128 KiB of arguments the first 128 are told, and how many there are',
    note: 'Chunks are shed first where the ring buffer is half full.',
  },
  {
    ...execution,
    path: 'one that fails',
    event: null,
    sight: 'not seen',
    test: null,
    note: 'Nothing was executed.',
  },
  {
    ...life,
    path: 'fork(2), vfork(2), clone(2)',
    event: 'fork',
    test: 'a fork that executes nothing is told, and its end too',
  },
  {
    ...life,
    path: 'born in another cgroup below the pod',
    event: 'fork',
    test: 'a process that is born in another cgroup below keeps its line',
  },
  {
    ...life,
    path: 'entering from outside (`kubectl exec`)',
    event: 'exec',
    test: 'what enters the cgroup from outside says so, and so does all that it starts',
  },
  {
    ...life,
    path: 'leaving the pod’s cgroup',
    event: null,
    sight: { seen: 'counted; what it does afterwards is not seen' },
    test: 'a process that leaves the cgroup is counted, once, and its end is told',
    note: 'It takes root without a cgroup namespace.',
  },
  {
    ...life,
    path: 'its end, with code or signal',
    event: 'exit',
    test: 'an end is told with its code or its signal, as wait(2) has them',
  },
  {
    ...life,
    path: 'CPU time and the most memory',
    event: 'exit',
    test: 'an end is told with the CPU time of all threads and the most memory',
    note: 'Before Linux 6.16 the memory is not told of a process that had more before its last execution, such as its parent’s after vfork(2).',
  },
  {
    ...user,
    path: 'an executable that gives rights',
    sight: 'seen',
    test: 'rights that come with an executable are told at its own image',
  },
  {
    ...user,
    path: 'setuid(2), setgid(2), capset(2) and the like',
    sight: { seen: 'when the process next forks, executes, connects or ends' },
    test: 'a process that becomes another user is told, with the capabilities that it loses',
    note: 'A change that is taken back before is not.',
  },
];
