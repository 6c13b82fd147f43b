import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { awaitThat, end, treeOf } from '../processes.ts';
import { type Account, inCgroup, type Place, type Running } from './tool.ts';

const bundle = resolve(import.meta.dirname, '../../../../dist/sensor.mjs');
/** As sensor/probe/sidecar.c starts it in a pod. */
const nodeOptions = ['--max-semi-space-size=1', '--max-old-space-size=48', '--v8-pool-size=1', '--max-opt=2'];
const uid = '0b9f6a0e-3c58-4d1c-8f5e-6f1d2f6f7a10';

/** The sensor as it is in a pod: the probe with its bundle, in a container beside the job's, sending to a gateway that takes everything. */
export async function startSidecar(place: Place): Promise<Running> {
  const gateway = await startGateway();
  const pod = join(place.cgroup, `pod${uid}`);
  const [sensor, job] = [join(pod, 'sensor'), join(pod, 'job')];
  for (const path of [pod, sensor, job]) mkdirSync(path);
  const child = startContainer({ ...place, cgroup: sensor }, gateway.url);
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => {
    output += bytes.toString();
  });
  await awaitThat('the sidecar to be armed', 30, () => output.includes('"armed: '));
  return {
    wrap: (command) => inCgroup({ ...place, cgroup: job }, command),
    processes: () => treeOf(child.pid ?? 0),
    finish: async () => {
      await end(child, 'SIGTERM');
      await gateway.close();
      for (const path of [sensor, job, pod]) rmdirSync(path);
      return accountIn(gateway.bodies.join('\n'));
    },
  };
}

function startContainer(place: Place, url: string) {
  const { folder, probe } = place;
  const file = (name: string, content = '') => {
    const path = join(folder, name);
    writeFileSync(path, content);
    chmodSync(path, 0o666);
    return path;
  };
  chmodSync(folder, 0o777);
  const publicKey = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const env = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    CHAPERONE_POD_NAME: 'bench',
    CHAPERONE_POD_NAMESPACE: 'bench',
    CHAPERONE_POD_UID: uid,
    CHAPERONE_GATEWAY_URL: url,
    CHAPERONE_TOKEN_FILE: file('token', 'token'),
    CHAPERONE_POLICY_FILE: file('policy'),
    CHAPERONE_POLICY_PUBLIC_KEY: publicKey,
  };
  const sidecar = [probe, 'sidecar', '--run-dir', folder, '--termination-log', file('termination-log')] as const;
  const [program, ...args] = inCgroup(place, [...sidecar, '--child', process.execPath, ...nodeOptions, bundle]);
  return spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
}

interface Gateway {
  readonly url: string;
  readonly bodies: readonly string[];
  close(): Promise<void>;
}

async function startGateway(): Promise<Gateway> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    text(request).then(
      (body) => {
        bodies.push(body);
        response.end('{}');
      },
      () => response.destroy(),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** From the job's span, as it arrived. One execution is the stopwatch's own. */
function accountIn(sent: string): Account {
  const told = (name: string) => {
    const found = new RegExp(`"chaperone\\.coverage\\.${name}","value":{"intValue":"?(\\d+)`).exec(sent);
    if (found === null) throw new Error(`the job's span did not come, or without ${name}`);
    return Number(found[1]);
  };
  const classes = ['exec', 'connect', 'dns', 'fork', 'exit', 'close'];
  return {
    seen: {
      executions: told('delivered.exec') - 1,
      connections: told('delivered.connect'),
      questions: told('delivered.dns') / 2,
    },
    lost: classes.reduce((sum, name) => sum + told(`lost.${name}`), 0),
  };
}
