import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Definition {
  type?: string;
  format?: string;
  properties?: Record<string, unknown>;
  additionalProperties?: unknown;
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
}

/** The location that kubeconform is told for a folder which {@link writeSchemas} has filled. */
export function schemaLocation(folder: string): string {
  return join(folder, '{{ .ResourceKind }}{{ .KindSuffix }}.json');
}

/** Writes the kinds of an API server's `/openapi/v2` as JSON schemas that refuse unknown fields, one file a kind, under the names that kubeconform asks for. */
export async function writeSchemas(
  openapi: { definitions: Record<string, Definition> },
  folder: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const definitions = Object.fromEntries(
    Object.entries(openapi.definitions).map(([name, one]) => [name, strict(name, one)]),
  );
  await writeFile(join(folder, 'all.json'), JSON.stringify({ definitions }));
  for (const [name, one] of Object.entries(openapi.definitions)) {
    for (const { group, version, kind } of one['x-kubernetes-group-version-kind'] ?? []) {
      const suffix = [group.split('.')[0], version].filter((part) => part !== '').join('-');
      await writeFile(
        join(folder, `${kind.toLowerCase()}-${suffix}.json`),
        JSON.stringify({ $ref: `all.json#/definitions/${name}` }),
      );
    }
  }
}

function strict(name: string, definition: Definition): unknown {
  // OpenAPI v2 has no words for a value of two types.
  if (definition.format === 'int-or-string') return { type: ['integer', 'string'] };
  if (name.endsWith('.resource.Quantity')) return { type: ['string', 'number'] };
  if (definition.properties === undefined) return definition;
  return { ...definition, additionalProperties: definition.additionalProperties ?? false };
}
