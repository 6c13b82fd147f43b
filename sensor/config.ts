import { ChaperoneError } from '../crds/errors.ts';
import type { SpillPlace } from './spill/spill.ts';

/** What the injected container is told; fixed for the pod's life. */
export interface SensorConfig {
  readonly pod: { readonly name: string; readonly namespace: string; readonly uid: string; readonly node: string };
  readonly gateway: { readonly url: string; readonly ca: string | undefined; readonly tokenFile: string };
  readonly policy: { readonly file: string; readonly publicKey: string };
  /** The runner's `_diag` folder; `null` where it is not mounted. */
  readonly diagDir: string | null;
  /** Where what waits is kept; `null` where there is no scratch volume. */
  readonly spill: SpillPlace | null;
  /** The file of the container's termination message, as the probe knows it; `null` where it said none. */
  readonly terminationLog: string | null;
  /** Coding agents in the pod are asked to tell of themselves. */
  readonly hearsAgents: boolean;
  /** The open socket to the probe. */
  readonly probeFd: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws `sensor-config` naming every fault at once. */
export function readConfig(env: Environment = process.env): SensorConfig {
  const faults: string[] = [];
  const read = readers(env, faults);
  const config: SensorConfig = {
    pod: {
      name: read.required('CHAPERONE_POD_NAME'),
      namespace: read.required('CHAPERONE_POD_NAMESPACE'),
      uid: read.required('CHAPERONE_POD_UID'),
      node: env.CHAPERONE_NODE_NAME ?? '',
    },
    gateway: {
      url: read.address('CHAPERONE_GATEWAY_URL').replace(/\/+$/, ''),
      ca: env.CHAPERONE_GATEWAY_CA,
      tokenFile: read.required('CHAPERONE_TOKEN_FILE'),
    },
    policy: {
      file: read.required('CHAPERONE_POLICY_FILE'),
      publicKey: read.required('CHAPERONE_POLICY_PUBLIC_KEY'),
    },
    diagDir: read.optional('CHAPERONE_DIAG_DIR'),
    spill: spillOf(read),
    terminationLog: read.optional('CHAPERONE_TERMINATION_LOG'),
    hearsAgents: env.CHAPERONE_HEAR_AGENTS === 'true',
    probeFd: read.descriptor('CHAPERONE_PROBE_FD'),
  };
  if (faults.length > 0)
    throw new ChaperoneError('sensor-config', `the sensor's environment is wrong: ${faults.join('; ')}`);
  return Object.freeze(config);
}

type Readers = ReturnType<typeof readers>;

/** What is wrong goes to `faults`; what they then give counts for nothing. */
function readers(env: Environment, faults: string[]) {
  const required = (name: string) => {
    if (env[name]) return env[name];
    faults.push(`${name} is ${env[name] === undefined ? 'not set' : 'empty'}`);
    return '';
  };
  return {
    required,
    optional: (name: string) => (env[name] === undefined ? null : required(name)),
    address: (name: string) => {
      const address = required(name);
      if (address !== '' && !/^https?:$/.test(URL.parse(address)?.protocol ?? ''))
        faults.push(`${name} is no address: write one such as https://gateway.example.com:8443`);
      return address;
    },
    /** 3 where nothing is said. */
    descriptor: (name: string) => {
      const number = Number(env[name] ?? '3');
      if (!Number.isSafeInteger(number) || number < 3) faults.push(`${name} is no file descriptor from 3 on`);
      return number;
    },
  };
}

function spillOf(read: Readers): SpillPlace | null {
  const folder = read.optional('CHAPERONE_SPILL_DIR');
  const keyFile = read.optional('CHAPERONE_SPILL_KEY_FILE') ?? '/run/chaperone/spill.key';
  return folder === null ? null : { folder, keyFile };
}
