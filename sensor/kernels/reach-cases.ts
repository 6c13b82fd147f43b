import assert from 'node:assert/strict';
import { type Observation, of } from '../probe/testing/observe.ts';
import type { KernelCase } from './kernel-case.ts';

/** By the actor's word. */
const waysBeyondTracepoints = {
  read: 'process_vm_readv',
  write: 'process_vm_writev',
  mem: '/proc/PID/mem',
  getfd: 'pidfd_getfd',
};

/** CLONE_NEWUTS | CLONE_NEWNET */
const newNamespaces = '0x44000000';

/** Who reaches into another process's memory, towards the kernel, or out of its namespaces; the deeds are in probe/testing/actor-reach.h. */
export const reachCases: readonly KernelCase[] = [
  ...['attach', 'seize'].map((way) => ({
    title: `a process that reaches another by ptrace (${way}) is told in every tier`,
    commands: (actor: string) => [[actor, 'reach', way, '1']],
    check: (told: Observation) => assert.deepEqual(accesses(told), [['ptrace', true, 'actor', false]]),
  })),
  ...Object.entries(waysBeyondTracepoints).map(([deed, way]) => ({
    title: `a hundred times ${way} of one process is told once, where programs may sit at the kernel's check`,
    commands: (actor: string) => [[actor, 'reach', deed, '100']],
    check: (told: Observation) =>
      assert.deepEqual(accesses(told), seesFunctions(told) ? [[way, true, 'actor', false]] : []),
  })),
  {
    title: 'a process that leaves namespaces of its parent is told with their kinds',
    commands: (actor) => [
      [actor, 'unshare', newNamespaces],
      [actor, 'clone', newNamespaces],
    ],
    check: (told) => {
      const children = told.forks.map(({ childPid }) => childPid);
      assert.deepEqual(
        of(told.events, 'privilege').map(({ act, namespaces, pid }) => [act, namespaces, children.indexOf(pid)]),
        [
          ['namespaces', ['uts', 'net'], 0],
          ['namespaces', ['uts', 'net'], 1],
        ],
      );
    },
  },
  {
    title: "a program loaded with bpf(2) is told, where programs may sit at the kernel's check",
    commands: (actor) => [[actor, 'load-bpf', 'intruder']],
    check: (told) => {
      assert.deepEqual(
        of(told.events, 'privilege').map(({ act, name, programType }) => [act, name, programType]),
        seesFunctions(told) ? [['bpf', 'intruder', 1]] : [],
      );
    },
  },
  {
    title: 'where files are watched, copies of memory and a BPF program are told in every tier',
    files: true,
    commands: (actor) => [
      [actor, 'reach', 'read', '100'],
      [actor, 'reach', 'write', '100'],
      [actor, 'load-bpf', 'intruder'],
    ],
    check: (told) => {
      const { tier } = told.hello;
      const children = told.forks.map(({ childNsPid }) => childNsPid);
      assert.deepEqual(
        of(told.events, 'memory').map(({ way, hook, target }) => [way, hook, children.indexOf(target.nsPid)]),
        [
          ['process_vm_readv', tier === 'tracepoint' ? 'call' : tier, 0],
          ['process_vm_writev', tier === 'tracepoint' ? 'call' : tier, 1],
        ],
      );
      assert.deepEqual(
        of(told.events, 'privilege').map(({ act, name, programType }) => [act, name, programType]),
        [['bpf', 'intruder', 1]],
      );
    },
  },
  {
    title: 'a kernel module that is loaded is told by its name',
    guestOnly: true,
    commands: (actor) => [[actor, 'load-module', '/dummy.ko']],
    check: ({ events }) => {
      assert.deepEqual(
        of(events, 'privilege').map(({ act, name }) => [act, name]),
        [['module', 'dummy']],
      );
    },
  },
];

function seesFunctions({ hello }: Observation): boolean {
  return hello.tier === 'trampoline' || hello.tier === 'lsm';
}

/** Of each access: the way, whether the target is the child that was forked, its name, and whether it was denied. */
function accesses({ events, forks, execs, hello }: Observation): unknown[][] {
  return of(events, 'memory').map(({ way, target, denied, image, hook }) => {
    assert.equal(hook, hello.tier === 'tracepoint' ? 'signal' : hello.tier);
    assert.deepEqual([image, target.image], [execs[0]?.image, execs[0]?.image]);
    return [way, target.pid === forks[0]?.childPid, target.name, denied];
  });
}
