import type { Severity } from '../../crds/finding.ts';
import type { FileEvent } from '../decode/file-events.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import { changedPath, partBelow, widowedPath } from './changed-path.ts';
import type { Detector, Hit, JobView } from './detector.ts';
import { isHookManager, isVersionControl } from './program.ts';
import type { RuleName } from './rules.ts';

interface Control {
  readonly rule: RuleName;
  /** Below the workspace. */
  readonly path: RegExp;
  readonly severity: Severity;
  /** Where an agent does it itself, which a text that it read may have told it to; default Low. */
  readonly byAgent?: Severity;
}

const vendored = /(^|\/)(node_modules|vendor|third_party|site-packages|\.cache|\.venv|\.tox|target|dist|build)\//;

/** What decides over later runs and agents, below the workspace. The first that fits. */
const controls: readonly Control[] = [
  { rule: 'workflow-changed', path: /^\.(github|forgejo|gitea)\/(workflows|actions)\/./, severity: 'High' },
  {
    rule: 'workflow-changed',
    path: /^(\.gitlab-ci\.yml|\.circleci\/config\.yml|\.woodpecker\.ya?ml|\.drone\.yml|Jenkinsfile|(azure|bitbucket)-pipelines\.yml)$/,
    severity: 'High',
  },
  { rule: 'hook-changed', path: /^\.git\/(modules\/.+\/)?hooks\/(?!.*\.sample$)./, severity: 'Medium' },
  { rule: 'hook-changed', path: /^\.husky\/(?!_\/)[^.]/, severity: 'Medium' },
  { rule: 'hook-changed', path: /^\.git\/config$/, severity: 'Medium' },
  {
    rule: 'agent-settings-changed',
    path: /(^|\/)\.claude\/(settings(\.local)?\.json|(hooks|agents|commands|skills|plugins|output-styles)\/.+)$/,
    severity: 'High',
    byAgent: 'Medium',
  },
  {
    rule: 'agent-settings-changed',
    path: /(^|\/)(\.mcp\.json|opencode\.jsonc?|\.cursor\/((mcp|hooks|cli|environment)\.json|rules\/.+)|\.vscode\/(mcp|tasks|settings|launch)\.json)$/,
    severity: 'High',
    byAgent: 'Medium',
  },
  // What opencode installs for itself.
  {
    rule: 'agent-settings-changed',
    path: /(^|\/)\.opencode\/(\.gitignore|package(-lock)?\.json|bun\.lockb?)$/,
    severity: 'High',
  },
  {
    rule: 'agent-settings-changed',
    path: /(^|\/)(\.codex|\.gemini|\.opencode|\.copilot|\.continue|\.roo|\.kiro|\.amazonq|\.agents)\/.+$/,
    severity: 'High',
    byAgent: 'Medium',
  },
  {
    rule: 'agent-settings-changed',
    path: /(^|\/)(AGENTS|CLAUDE|CLAUDE\.local|GEMINI)\.md$|^\.github\/(copilot-instructions\.md|(instructions|prompts|agents|chatmodes)\/.+\.md)$|(^|\/)\.(cursorrules|windsurfrules|clinerules|windsurf\/rules\/.+|junie\/guidelines\.md|aider\.conf\.yml)$/,
    severity: 'Medium',
  },
];

/** Folders of such files, which are changed as a whole where something else is put into their place. */
const folders: readonly Control[] = [
  { rule: 'workflow-changed', path: /^\.(github|forgejo|gitea)(\/(workflows|actions))?$/, severity: 'High' },
  { rule: 'hook-changed', path: /^\.git\/(modules\/.+\/)?hooks$/, severity: 'Medium' },
  {
    rule: 'agent-settings-changed',
    path: /(^|\/)(\.claude(\/(hooks|agents|commands|skills))?|\.cursor(\/rules)?|\.codex|\.gemini|\.opencode|\.vscode)$/,
    severity: 'High',
    byAgent: 'Medium',
  },
];

/** Of an agent's own settings in a home, which every agent makes for itself. */
const inHome: Control = {
  rule: 'agent-settings-changed',
  path: /^(\/root|\/home\/[^/]+|\/github\/home)\/(\.claude\/(settings(\.local)?\.json|hooks\/.+)|\.claude\.json|\.codex\/(config\.toml|hooks\/.+)|\.gemini\/settings\.json|\.config\/opencode\/.+|\.cursor\/mcp\.json)$/,
  severity: 'High',
};

/** Files that later runs, commits and agents take their orders from are changed by something other than version control. */
export function changedControl(job: JobView): Detector {
  return {
    touched(event, node) {
      if (node.scope.step === null || isVersionControl(node.image)) return null;
      const workspace = job.workspace();
      return (
        controlHit(changedPath(event), event, node, workspace) ?? controlHit(widowedPath(event), event, node, workspace)
      );
    },
  };
}

function controlHit(path: string | null, event: FileEvent, node: ProcessNode, workspace: string | null): Hit | null {
  const control = path === null ? null : controlOf(path, event, workspace);
  return path === null || control === null || isOwnState(path, node) ? null : hitOf(control, path, node, event);
}

function controlOf(path: string, { operation }: FileEvent, workspace: string | null): Control | null {
  if (!mayControl.test(path)) return null;
  const below = partBelow(path, workspace);
  const inWorkspace =
    below === null || vendored.test(below) ? undefined : formsOf(operation).find(({ path: form }) => form.test(below));
  if (inWorkspace !== undefined) return inWorkspace;
  return inHome.path.test(path) ? inHome : null;
}

function formsOf(operation: FileEvent['operation']): readonly Control[] {
  return replacing.has(operation) ? folders.concat(controls) : controls;
}

const replacing: ReadonlySet<FileEvent['operation']> = new Set(['rename', 'exchange', 'symlink']);

/** What every form above needs, to be quick about all other files. */
const mayControl = /(^|\/)\.[a-z]|\.md$|\.jsonc?$|\.yml$|Jenkinsfile$/;

/** Claude Code keeps the state of each of its sessions where its settings may stand too. */
function isOwnState(path: string, { agent }: ProcessNode): boolean {
  return (
    agent?.isAgent === true &&
    agent.session.agent.name === 'claude-code' &&
    inHome.path.test(path) &&
    path.endsWith('/.claude.json')
  );
}

/** What an agent starts is not the agent; to write hooks is what some packages are for; and what is deleted gives no orders any more. */
function hitOf(control: Control, path: string, node: ProcessNode, { operation }: FileEvent): Hit {
  return {
    rule: control.rule,
    severity: operation === 'delete' ? 'Low' : severityOf(control, path, node),
    subject: { kind: 'file', name: path },
    detail: `(${operation})`,
  };
}

function severityOf(
  { rule, severity, byAgent = 'Low' }: Control,
  path: string,
  { agent, image }: ProcessNode,
): Severity {
  if (rule === 'agent-settings-changed' && agent?.isAgent === true) return byAgent;
  return rule === 'hook-changed' && isHookFile(path) && isHookManager(image) ? 'Low' : severity;
}

/** Not `.git/config`, which leads to others. */
function isHookFile(path: string): boolean {
  return path.includes('/hooks/') || path.includes('/.husky/');
}
