import type { SecretHints } from '../../spans/redaction/masks.ts';
import { readSecretHints } from './job-secrets.ts';
import { fields, list, maxName, maxSteps, string } from './message-values.ts';

/** A name as written: fixed, or with expressions that only the runner resolves. `*` stands for what an expression gives. */
export type WrittenName = { readonly text: string } | { readonly pattern: string };

export interface MessageStep {
  /** The value of GITHUB_ACTION in the step's processes. */
  readonly key: string;
  readonly name: WrittenName;
  /** `owner/name/path@ref`, `./path` or an image; `null` for a script. */
  readonly uses: string | null;
  /** The job goes on if it fails; of an expression, which only the runner resolves, false. */
  readonly continueOnError: boolean;
}

/** What the sensor takes from the job message. Values are the service's word, still bounded and checked where used. */
export interface JobMessage {
  readonly displayName: string;
  /** The job's key in the workflow. */
  readonly jobKey: string;
  readonly checkRunId: string | null;
  /** `contextData.github`, strings only. */
  readonly github: Readonly<Record<string, string>>;
  readonly steps: readonly MessageStep[];
  /** What the service says of the job's secrets. */
  readonly secrets: SecretHints;
}

/** A message is larger than this only if someone means harm; jobs near GitHub's limits stay below 2 MiB. */
export const maxMessage = 8 * 1024 * 1024;
const maxDepth = 32;

/**
 * Finds the job message in a worker's log and reads it. `null` while it is not complete, and for anything that is not one:
 * never throws. The message ends where the next line with a header begins.
 */
export function parseJobMessage(log: string): JobMessage | null {
  const text = messageText(log);
  return text === null ? null : readMessage(parseJson(text));
}

function messageText(log: string): string | null {
  const start = /(?:^|\n)\uFEFF?\[[^\]\n]{1,100} Worker\] Job message:/.exec(log);
  if (start === null) return null;
  const from = start.index + start[0].length;
  const end = log.slice(from, from + maxMessage).search(/\n\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ /);
  return end < 0 ? null : log.slice(from, from + end);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function readMessage(value: unknown): JobMessage | null {
  const message = fields(value);
  const steps = list(message.steps);
  if (steps === null) return null;
  const context = fields(message.contextdata);
  const github = contextValues(context.github);
  return {
    displayName: string(message.jobdisplayname),
    jobKey: github.job ?? string(fields(fields(message.variables)['system.github.job']).value),
    checkRunId: wholeNumber(contextValues(context.job).check_run_id),
    github,
    steps: steps.slice(0, maxSteps).map(readStep),
    secrets: readSecretHints(message),
  };
}

function readStep(value: unknown): MessageStep {
  const step = fields(value);
  const reference = fields(step.reference);
  const uses = usesOf(reference);
  const written = token(step.displaynametoken) ?? { text: defaultName(uses, tokenMap(step.inputs).script) };
  return {
    key: string(step.contextname) || string(step.name),
    name: written,
    uses,
    continueOnError: isTrue(step.continueonerror),
  };
}

/** A boolean token: bare, `{bool}` or `{lit}`. */
function isTrue(value: unknown): boolean {
  const { bool, lit } = fields(value);
  return value === true || bool === true || lit === true || lit === 'true';
}

function usesOf(reference: Record<string, unknown>): string | null {
  const [type, name, path, ref] = ['type', 'name', 'path', 'ref'].map((key) => string(reference[key]));
  if (type === 'containerRegistry') return `docker://${string(reference.image) || name}`;
  if (type !== 'repository') return null;
  if (string(reference.repositorytype).toLowerCase() === 'self') return path ?? '';
  return `${name}${path === '' ? '' : `/${path}`}${ref === '' ? '' : `@${ref}`}`;
}

/** As the runner names a step without a name (actions/runner, Runner.Worker/ActionRunner.cs). */
function defaultName(uses: string | null, script: WrittenName | undefined): string {
  const body = script === undefined ? '' : 'text' in script ? script.text : script.pattern;
  return `Run ${uses ?? body.trimStart().split(/\r?\n/, 1)[0] ?? ''}`.trimEnd().slice(0, maxName);
}

/** A template token: bare or `{lit}`; `{expr}` is an expression, of which `format('…{0}…', …)` still shows its fixed parts. */
function token(value: unknown): WrittenName | null {
  if (typeof value === 'string') return { text: value.slice(0, maxName) };
  const { lit, expr } = fields(value);
  if (typeof lit === 'string') return { text: lit.slice(0, maxName) };
  return typeof expr === 'string' ? { pattern: patternOf(expr.slice(0, maxName)) } : null;
}

function patternOf(expression: string): string {
  const format = /^format\('((?:[^']|'')*)'/.exec(expression)?.[1];
  if (format === undefined) return '*';
  return format
    .replaceAll("''", "'")
    .replaceAll(/\{\d{1,3}\}/g, '*')
    .replaceAll('{{', '{')
    .replaceAll('}}', '}');
}

/** A mapping token: `{map: [{Key, Value}]}`, or a plain object. */
function tokenMap(value: unknown): Record<string, WrittenName> {
  const object = fields(value);
  const pairs = list(object.map)?.map((pair) => [fields(pair).key, fields(pair).value]) ?? Object.entries(object);
  const result: Record<string, WrittenName> = {};
  for (const [key, content] of pairs.slice(0, maxSteps)) {
    const [name, written] = [token(key), token(content)];
    if (name !== null && 'text' in name && written !== null) result[name.text] = written;
  }
  return result;
}

/** Context data: `{t: 2, d: [{k, v}]}` or a plain object, of which strings and numbers are taken. */
function contextValues(value: unknown): Record<string, string> {
  const object = fields(value);
  const pairs = list(object.d)?.map((pair) => [fields(pair).k, fields(pair).v]) ?? Object.entries(object);
  const result: Record<string, string> = Object.create(null);
  for (const [key, content] of pairs.slice(0, maxSteps)) {
    const plain = scalar(content);
    if (typeof key === 'string' && plain !== null) result[key] = plain;
  }
  return result;
}

function scalar(value: unknown, depth = 0): string | null {
  if (typeof value === 'string') return value.slice(0, maxName);
  if (typeof value === 'number') return String(value);
  const { s, n } = fields(value);
  const inner = s ?? n;
  return inner === undefined || depth >= maxDepth ? null : scalar(inner, depth + 1);
}

/** `90005817181` or `73960130388.0` as a decimal number without a point. */
function wholeNumber(text: string | undefined): string | null {
  return /^([1-9]\d{0,19})(?:\.0+)?$/.exec(text ?? '')?.[1] ?? null;
}
