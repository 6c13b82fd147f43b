import { type CoverageRow, seenAtFunctions } from './row.ts';

const memory = { subject: 'Memory of another process', event: 'memory' } as const;
const kernel = { subject: 'Kernel and namespaces', event: 'privilege' } as const;
const asCall = { seen: 'where files are watched; of a container’s process the target by its number there' } as const;
const toldWithFiles = 'where files are watched, copies of memory and a BPF program are told in every tier';
const toldOnce = (way: string): string =>
  `a hundred times ${way} of one process is told once, where programs may sit at the kernel's check`;

/** Who reaches into other processes, towards the kernel, or out of its container. */
export const reachRows: readonly CoverageRow[] = [
  {
    ...memory,
    path: 'ptrace attach',
    sight: 'seen',
    test: 'a process that reaches another by ptrace (attach) is told in every tier',
  },
  {
    ...memory,
    path: 'ptrace seize',
    sight: seenAtFunctions({ seen: 'when the other stops, unless the tracer ignores SIGCHLD' }),
    test: 'a process that reaches another by ptrace (seize) is told in every tier',
  },
  { ...memory, path: 'process_vm_readv(2)', sight: seenAtFunctions(asCall), test: toldWithFiles },
  { ...memory, path: 'process_vm_writev(2)', sight: seenAtFunctions(asCall), test: toldWithFiles },
  {
    ...memory,
    path: '/proc/PID/mem',
    sight: seenAtFunctions({ seen: 'as a secret that is read, where files are watched' }),
    test: toldOnce('/proc/PID/mem'),
  },
  { ...memory, path: 'pidfd_getfd(2)', sight: seenAtFunctions('not seen'), test: toldOnce('pidfd_getfd') },
  {
    ...memory,
    event: 'file',
    path: '/proc/PID/environ',
    sight: seenAtFunctions({ seen: 'as a secret that is read, where files are watched' }),
    test: "another process's memory and environment are told by its number",
    note: 'The environment that a process began with. Yama, which can refuse memory, does not refuse it.',
  },
  {
    ...memory,
    event: null,
    path: '/proc/PID/maps, /proc/PID/fd, a core that the kernel dumps',
    sight: 'not seen',
    test: null,
    note: 'The first two give addresses and names; what is then read of the memory is told as above. A core ends the process that it is of.',
  },
  {
    ...memory,
    event: null,
    path: 'what the kernel refuses for its user',
    sight: 'not seen',
    test: null,
    note: 'The hooks come after the comparison of users; with the BPF LSM also after Yama.',
  },
  {
    ...memory,
    event: null,
    path: 'PTRACE_TRACEME',
    sight: 'not seen',
    test: null,
    note: 'A process that lets its own parent trace it.',
  },
  { ...kernel, path: 'module loaded', sight: 'seen', test: 'a kernel module that is loaded is told by its name' },
  {
    ...kernel,
    path: 'BPF program loaded',
    sight: seenAtFunctions({ seen: 'where files are watched' }),
    test: toldWithFiles,
  },
  {
    ...kernel,
    path: 'namespaces entered or made: setns(2), unshare(2), clone(2)',
    sight: { seen: 'when the process next forks, executes or ends' },
    test: 'a process that leaves namespaces of its parent is told with their kinds',
    note: 'Not of a process whose parent is not of the pod, such as the first of a container.',
  },
];
