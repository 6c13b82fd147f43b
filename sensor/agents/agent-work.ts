import {
  agentHosts,
  connectionsCount,
  fileChangesCount,
  fileSecretsCount,
  processesCount,
} from '../../crds/attributes.ts';
import type { FileEvent } from '../decode/file-events.ts';
import { isChange } from '../files/file-totals.ts';
import type { Attributes } from '../spans/finished-span.ts';
import type { Redactor } from '../spans/redact.ts';
import { maxName, printable } from '../spans/text.ts';

/** Hosts that are named one by one. */
const maxHosts = 32;

/** What an agent, or one of its tool calls, caused. */
export class AgentWork {
  processes = 0;
  connections = 0;
  fileChanges = 0;
  secretsRead = 0;
  readonly #hosts = new Set<string>();

  /** `host`: the name that the address was resolved from, or the address; `null`: not worth a name. */
  connected(host: string | null): void {
    this.connections += 1;
    if (host !== null && this.#hosts.size < maxHosts) this.#hosts.add(host);
  }

  /** `isSecret`: it is the read of a file that gives secrets away. */
  touched({ operation, count }: FileEvent, isSecret: boolean): void {
    if (isSecret) this.secretsRead += 1;
    else if (isChange(operation)) this.fileChanges += count;
  }

  attributes(redact: Redactor): Attributes {
    const hosts = [...this.#hosts].sort().map((host) => printable(redact.text(host), maxName));
    return {
      [processesCount]: this.processes,
      [connectionsCount]: this.connections,
      ...(this.fileChanges === 0 ? {} : { [fileChangesCount]: this.fileChanges }),
      ...(this.secretsRead === 0 ? {} : { [fileSecretsCount]: this.secretsRead }),
      ...(hosts.length === 0 ? {} : { [agentHosts]: hosts }),
    };
  }
}
