import { agentTelemetryEnvironment, agentTelemetryPort } from '../../crds/agent-telemetry.ts';
import type { JsonObject } from '../../crds/canonical-json.ts';
import { runnerContainer } from './diag-mount.ts';
import { named, objectsAt } from './raw-pod.ts';

const variables = Object.entries(agentTelemetryEnvironment(`http://127.0.0.1:${agentTelemetryPort}`)).map(
  ([name, value]) => ({ name, value }),
);

/**
 * The pod's containers with the variables by which coding agents tell the sensor of themselves: in the runner's, else in all. What the user set stays;
 * what an earlier injection set goes where it is not wanted any more.
 */
export function withAgentVariables(containers: JsonObject[], isWanted: boolean): JsonObject[] {
  const runner = named(containers, runnerContainer);
  const asked = runner === undefined ? (nonEmpty(containers.filter(isAsked)) ?? containers) : [runner];
  return containers.map((container) => withVariables(container, isWanted && asked.includes(container)));
}

/** An earlier look has chosen; what others have added to the pod since is theirs. */
function isAsked(container: JsonObject): boolean {
  const present = objectsAt(container, 'env');
  return variables.every(({ name }) => named(present, name) !== undefined);
}

function nonEmpty<Item>(items: Item[]): Item[] | null {
  return items.length === 0 ? null : items;
}

function withVariables(container: JsonObject, isWanted: boolean): JsonObject {
  const present = objectsAt(container, 'env');
  const missing = variables.filter(({ name }) => named(present, name) === undefined);
  if (isWanted) return missing.length === 0 ? container : { ...container, env: [...present, ...missing] };
  const kept = present.filter((one) => !isOurs(one));
  if (kept.length === present.length) return container;
  const { env: _ours, ...others } = container;
  return kept.length === 0 ? others : { ...others, env: kept };
}

function isOurs({ name, value, ...others }: JsonObject): boolean {
  const isSame = variables.some((one) => one.name === name && one.value === value);
  return isSame && Object.keys(others).length === 0;
}
