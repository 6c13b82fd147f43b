import type { StructuralSchema } from './structural-schema.ts';

/** A Markdown table of every field below the node: path, type with its bounds, default, and what it does. */
export function fieldTable(schema: StructuralSchema, path: string): string {
  const rows = fieldsOf(schema, path).map(({ path: field, schema: node, isRequired }) =>
    row([`\`${field}\``, typeOf(node), isRequired ? 'required' : defaultOf(node), node.description ?? '']),
  );
  return [row(['Field', 'Type', 'Default', 'What it does']), row(['---', '---', '---', '---']), ...rows].join('\n');
}

/** A Markdown table of the rules, and what the API server answers where they are broken: each answer once, with every field that it is for. */
export function ruleTable(schema: StructuralSchema, path: string): string {
  const fields = Map.groupBy(rulesOf(schema, path), ({ message }) => message);
  const rows = [...fields].map(([message, rules]) =>
    row([[...new Set(rules.map(({ path: field }) => `\`${field}\``))].join(', '), message]),
  );
  return [row(['Where', 'What the API server answers']), row(['---', '---']), ...rows].join('\n');
}

interface Field {
  path: string;
  schema: StructuralSchema;
  isRequired: boolean;
}

function fieldsOf(schema: StructuralSchema, path: string): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const field = {
      path: `${path}.${name}${child.type === 'array' ? '[]' : ''}`,
      schema: child,
      isRequired: schema.required?.includes(name) ?? false,
    };
    return [field, ...fieldsOf(child.items ?? child, field.path)];
  });
}

function rulesOf(schema: StructuralSchema, path: string): { path: string; message: string }[] {
  const own = (schema['x-kubernetes-validations'] ?? []).map(({ message }) => ({ path, message }));
  const children = Object.entries(schema.properties ?? {}).map(([name, child]): [string, StructuralSchema] => [
    `${path}.${name}`,
    child,
  ]);
  const items: [string, StructuralSchema][] = schema.items === undefined ? [] : [[`${path}[]`, schema.items]];
  return [...own, ...[...children, ...items].flatMap(([below, child]) => rulesOf(child, below))];
}

function typeOf(schema: StructuralSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(' or ');
  if (schema.items !== undefined)
    return `list of ${schema.items.type}s, ${range(schema.minItems ?? 0, schema.maxItems)}`;
  if (schema.additionalProperties !== undefined) return `map, at most ${schema.maxProperties}`;
  if (schema.minimum !== undefined && schema.maximum !== undefined)
    return `${schema.type}, ${range(schema.minimum, schema.maximum)}`;
  return schema.maxLength === undefined ? schema.type : `${schema.type}, at most ${schema.maxLength}`;
}

function range(from: number, to: number | undefined): string {
  return `${from} to ${to}`;
}

function defaultOf({ default: value }: StructuralSchema): string {
  return value === undefined ? '' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function row(cells: string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
