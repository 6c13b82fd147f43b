import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChaperoneError } from '../../crds/errors.ts';
import { defaultBudget, sacrifices } from './budget.ts';
import { carriers, registeredEvents, registry } from './registry.ts';

const page = join(import.meta.dirname, '../../docs/spans.md');

const titles: Readonly<Record<string, string>> = {
  resource: 'Resource (one a job)',
  job: 'Job',
  step: 'Step',
  process: 'Process, and summaries of processes',
  connection: 'Connection, and summaries of connections',
  accept: 'Connection from outside',
  dns: 'DNS lookup',
  finding: 'Finding',
  agent: 'Run of a coding agent',
  tool: 'Command of a coding agent',
  mcp: 'MCP server of a coding agent',
  event: 'Events of spans',
};

writeFileSync(
  page,
  filled(readFileSync(page, 'utf8'), { attributes: attributeTables(), events: eventTable(), budget: budgetTable() }),
);

function attributeTables(): string {
  const tables = carriers.flatMap((carrier) => {
    const rows = registry.filter(({ on }) => on.includes(carrier));
    if (rows.length === 0) return [];
    const lines = rows.map(({ name, type, meaning }) => `| \`${name}\` | ${type} | ${meaning} |`);
    return [
      `### ${titles[carrier] ?? carrier}\n\n| Attribute | Type | What it says |\n| --- | --- | --- |\n${lines.join('\n')}`,
    ];
  });
  return tables.join('\n\n');
}

function eventTable(): string {
  const lines = Object.entries(registeredEvents).map(
    ([name, { on, meaning }]) => `| \`${name}\` | ${on.join(', ')} | ${meaning} |`,
  );
  return `| Event | On | What it says |\n| --- | --- | --- |\n${lines.join('\n')}`;
}

function budgetTable(): string {
  const lines = Object.entries(sacrifices).map(([kind, share]) => `| ${kind} | ${Math.round(share * 100)} % |`);
  const { jobSpans, jobBytes } = defaultBudget;
  return `| Kind | Told one by one while no more is used of ${jobSpans.toLocaleString('en')} spans and ${jobBytes.toLocaleString('en')} bytes |\n| --- | --- |\n${lines.join('\n')}`;
}

/** Replaces what stands between the marks of each name. */
function filled(text: string, parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce((so, [name, part]) => {
    const [begin, end] = [`<!-- generated: ${name} -->\n`, `\n<!-- end: ${name} -->`];
    const [before, rest] = so.split(begin);
    const after = rest?.split(end)[1];
    if (before === undefined || after === undefined)
      throw new ChaperoneError(
        'docs-mark-missing',
        `docs/spans.md has no marks for ${name}: put ${begin.trim()} and ${end.trim()} where it belongs`,
      );
    return `${before}${begin}${part}${end}${after}`;
  }, text);
}
