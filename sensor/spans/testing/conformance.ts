import { classOf } from '../../export/span-class.ts';
import type { Attributes, FinishedSpan } from '../finished-span.ts';
import type { Carrier, RegisteredAttribute } from '../registry/row.ts';
import { registeredEvents, registry } from '../registry.ts';

/** What of a trace is not in the register, one line each: `process: chaperone.x is a number that sensor/spans/registry.ts does not know`. */
export function registerFaults(spans: readonly FinishedSpan[], resources: readonly Attributes[]): string[] {
  const faults = spans.flatMap((span) => [
    ...attributeFaults(span.attributes, classOf(span)),
    ...span.events.flatMap((event) => [
      ...(registeredEvents[event.name]?.on.includes(classOf(span)) ? [] : [`${classOf(span)}: event ${event.name}`]),
      ...attributeFaults(event.attributes, 'event'),
    ]),
  ]);
  const ofResources = resources.flatMap((attributes) => attributeFaults(attributes, 'resource'));
  return [...new Set([...faults, ...ofResources])].map(
    (fault) => `${fault} that sensor/spans/registry.ts does not know`,
  );
}

/** The rows of the register that these spans show. */
export function shownRows(spans: readonly FinishedSpan[], resources: readonly Attributes[]): Set<RegisteredAttribute> {
  const all: [Attributes, Carrier][] = [
    ...spans.map((span): [Attributes, Carrier] => [span.attributes, classOf(span)]),
    ...spans.flatMap(({ events }) => events.map(({ attributes }): [Attributes, Carrier] => [attributes, 'event'])),
    ...resources.map((attributes): [Attributes, Carrier] => [attributes, 'resource']),
  ];
  const rows = all.flatMap(([attributes, on]) =>
    Object.entries(attributes).map(([key, value]) => rowOf(key, value, on)),
  );
  return new Set(rows.filter((row) => row !== undefined));
}

function attributeFaults(attributes: Attributes, on: Carrier): string[] {
  return Object.entries(attributes)
    .filter(([key, value]) => rowOf(key, value, on) === undefined)
    .map(([key, value]) => `${on}: ${key} is a ${typeOf(value)}`);
}

const exact = new Map<string, RegisteredAttribute>();
const patterned: { form: RegExp; row: RegisteredAttribute }[] = [];
for (const row of registry) {
  if (!row.name.includes('*')) exact.set(row.name, row);
  else patterned.push({ form: new RegExp(`^${row.name.replaceAll('.', '\\.').replaceAll('*', '[a-z_.]+')}$`), row });
}

function rowOf(key: string, value: unknown, on: Carrier): RegisteredAttribute | undefined {
  const row = exact.get(key) ?? patterned.find(({ form }) => form.test(key))?.row;
  return row?.on.includes(on) && row.type === typeOf(value) ? row : undefined;
}

function typeOf(value: unknown): string {
  return Array.isArray(value) ? 'string[]' : typeof value;
}
