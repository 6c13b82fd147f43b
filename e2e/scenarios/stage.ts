import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { collectEvidence } from './evidence.ts';
import { applyFile, deleteNamespace, kubectl } from './kubectl.ts';
import { ensureInstalled, systemNamespace } from './release.ts';

/** What a story plays on: its namespaces, a scratch folder, and the product installed. */
export interface Stage {
  scratch: string;
  /** Runs `act` of the story; the first failure keeps the evidence. */
  guard<Value>(act: () => Promise<Value>): Promise<Value>;
}

/**
 * Registers the set-up and clean-up of a story with the test runner: the product installed, the objects of `given.yaml` of the folder applied, and afterwards the
 * namespaces deleted (kept with CHAPERONE_KEEP).
 */
export function setStage(story: string, folder: string, namespaces: string[]): Stage {
  const scratch = mkdtempSync(join(tmpdir(), `chaperone-${story}-`));
  let collected = false;
  const stage: Stage = {
    scratch,
    async guard(act) {
      try {
        return await act();
      } catch (error) {
        if (collected) throw error;
        collected = true;
        const where = await collectEvidence(story, [...namespaces, systemNamespace]);
        process.stderr.write(`${story}: what explains it lies in ${where}\n`);
        throw error;
      }
    },
  };
  before(() =>
    stage.guard(async () => {
      await ensureInstalled();
      for (const namespace of namespaces) await deleteNamespace(namespace);
      await applyFile(join(folder, 'given.yaml'));
    }),
  );
  after(async () => {
    rmSync(scratch, { recursive: true });
    if (process.env.CHAPERONE_KEEP) return;
    for (const namespace of namespaces) await deleteNamespace(namespace);
  });
  return stage;
}

/** Puts the files of a folder into a ConfigMap, for a pod to mount. */
export async function makeConfigMap(namespace: string, name: string, folder: string): Promise<void> {
  await kubectl('create', 'configmap', '-n', namespace, name, `--from-file=${folder}`);
}
