import * as z from 'zod';
import { ChaperoneError } from '../crds/errors.ts';
import type { SpillPlace } from './spill/spill.ts';

const environment = z.object({
  CHAPERONE_POD_NAME: z.string().min(1),
  CHAPERONE_POD_NAMESPACE: z.string().min(1),
  CHAPERONE_POD_UID: z.string().min(1),
  CHAPERONE_NODE_NAME: z.string().default(''),
  CHAPERONE_GATEWAY_URL: z.url({
    protocol: /^https?$/,
    error: 'write an address such as https://gateway.example.com:8443',
  }),
  CHAPERONE_GATEWAY_CA: z.string().optional(),
  CHAPERONE_TOKEN_FILE: z.string().min(1),
  CHAPERONE_POLICY_FILE: z.string().min(1),
  CHAPERONE_POLICY_PUBLIC_KEY: z.string().min(1),
  CHAPERONE_DIAG_DIR: z.string().min(1).optional(),
  CHAPERONE_SPILL_DIR: z.string().min(1).optional(),
  CHAPERONE_SPILL_KEY_FILE: z.string().min(1).default('/run/chaperone/spill.key'),
  CHAPERONE_PROBE_FD: z.coerce.number().int().min(3).default(3),
});

/** What the injected container is told; fixed for the pod's life. */
export interface SensorConfig {
  readonly pod: { readonly name: string; readonly namespace: string; readonly uid: string; readonly node: string };
  readonly gateway: { readonly url: string; readonly ca: string | undefined; readonly tokenFile: string };
  readonly policy: { readonly file: string; readonly publicKey: string };
  /** The runner's `_diag` folder; `null` where it is not mounted. */
  readonly diagDir: string | null;
  /** Where what waits is kept; `null` where there is no scratch volume. */
  readonly spill: SpillPlace | null;
  /** The open socket to the probe. */
  readonly probeFd: number;
}

/** Throws `sensor-config` naming every fault at once. */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): SensorConfig {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    throw new ChaperoneError('sensor-config', `the sensor's environment is wrong: ${z.prettifyError(parsed.error)}`);
  }
  const values = parsed.data;
  return Object.freeze({
    pod: {
      name: values.CHAPERONE_POD_NAME,
      namespace: values.CHAPERONE_POD_NAMESPACE,
      uid: values.CHAPERONE_POD_UID,
      node: values.CHAPERONE_NODE_NAME,
    },
    gateway: {
      url: values.CHAPERONE_GATEWAY_URL.replace(/\/+$/, ''),
      ca: values.CHAPERONE_GATEWAY_CA,
      tokenFile: values.CHAPERONE_TOKEN_FILE,
    },
    policy: { file: values.CHAPERONE_POLICY_FILE, publicKey: values.CHAPERONE_POLICY_PUBLIC_KEY },
    diagDir: values.CHAPERONE_DIAG_DIR ?? null,
    spill:
      values.CHAPERONE_SPILL_DIR === undefined
        ? null
        : { folder: values.CHAPERONE_SPILL_DIR, keyFile: values.CHAPERONE_SPILL_KEY_FILE },
    probeFd: values.CHAPERONE_PROBE_FD,
  });
}
