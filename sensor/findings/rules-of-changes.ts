import type { Rule } from './rule.ts';

const vcs =
  'Changes by version control itself (git, hg, svn, jj from a system folder) are none. Seen where files are watched.';

export const changeRules = {
  'workflow-changed': {
    title: 'Workflow changed',
    severity: 'High',
    category: 'Persistence',
    act: 'changed {}',
    when: 'A file below `.github/workflows` or `.github/actions`, or another engine’s pipeline file, at the top of the workspace is written, renamed, exchanged, deleted or given a second name by a step, or their folder put into place as a whole.',
    reason:
      'Sha1-Hulud and the Nx malware wrote workflows that send secrets, and pushed them with the job’s own token.',
    source: 'CISA alert on Shai-Hulud (September 2025); MITRE ATT&CK T1546',
    look: 'the file’s new content, and whether anything was pushed',
    refuse: 'give the job’s token `contents: read`, and protect the branch',
    grades: `Low where it is deleted. ${vcs} Nor are copies below node_modules, vendor and the like.`,
    blind: 'A change that goes through git itself (`git apply`, `git pull`), or through the forge’s API.',
    fires: 'workflows, hooks and settings of agents that a step changes are found',
    quiet: 'a checkout, npm ci and a build change nothing that is found above Low',
  },
  'hook-changed': {
    title: 'Git hook changed',
    severity: 'Medium',
    category: 'Persistence',
    act: 'changed {}',
    when: 'A hook below `.git/hooks` or `.husky`, or `.git/config`, which can name others, is changed by a step, or the folder put into place as a whole.',
    reason: 'The next `git commit` or `git checkout` of the job runs it, with whatever secrets that step has.',
    source: 'MITRE ATT&CK T1546; git-scm.com, githooks',
    look: 'the hook’s content: tools such as husky, lefthook and pre-commit write hooks when they are installed',
    refuse: 'install with `--ignore-scripts`, and set `core.hooksPath=/dev/null` for git in CI',
    grades: `Low where husky, lefthook, simple-git-hooks or pre-commit writes a hook, as far as its package or name tells, and where it is deleted. ${vcs}`,
    blind:
      'Hooks of other folders that git was told of beforehand, also in this job: `git config core.hooksPath` is git’s own change of its settings.',
    fires: 'workflows, hooks and settings of agents that a step changes are found',
    quiet: 'a checkout, npm ci and a build change nothing that is found above Low',
  },
  'agent-settings-changed': {
    title: 'Agent’s settings changed',
    severity: 'High',
    category: 'Persistence',
    act: 'changed {}',
    when: 'Settings, hooks, MCP servers or instructions of a coding agent (Claude Code, Codex, Gemini CLI, opencode, Cursor, Copilot, VS Code, and what Roo, Kiro, Amazon Q, Cline, Windsurf, Junie and aider read) are changed by a step, in the workspace or in the home folder.',
    reason:
      'An agent runs what its hooks and MCP servers name and follows what its instructions say, in this job and in everyone’s checkout after it.',
    source:
      'CVE-2025-53773 (Copilot, .vscode/settings.json); CVE-2025-54135 (Cursor, mcp.json); Microsoft and Check Point on settings of agents (2025, 2026)',
    look: 'the file’s new content, and what told the process to write it',
    refuse: 'check the agent’s folder out read-only, and run it with managed settings that the workspace cannot change',
    grades: `Medium for instructions (AGENTS.md, CLAUDE.md, …); Low where they are deleted; where the agent itself does it, Medium for settings in the workspace, which a text that it read may have told it to change, Low for instructions and for its own home, none for Claude Code’s \`~/.claude.json\`, which holds its state. ${vcs}`,
    blind: 'Settings in places that an option names.',
    fires: 'workflows, hooks and settings of agents that a step changes are found',
    quiet: 'an agent that keeps its own state and instructions gives no finding above Low',
  },
  'source-changed': {
    title: 'Source changed after checkout',
    severity: 'Low',
    category: 'Impact',
    act: 'changed {}, which version control had written',
    when: 'A file that version control wrote into the workspace in this job is changed, replaced or deleted by something else.',
    reason:
      'SUNSPOT replaced one source file while Orion was built; what is signed was then not what was reviewed. Formatters and generators do the same in good faith, so it is Low by itself.',
    source: 'CrowdStrike, SUNSPOT (2021); MITRE ATT&CK T1195.002',
    look: '`git diff` at the end of the job',
    refuse:
      'build from a checkout that the build’s user cannot write, and compare `git status` before anything is signed',
    grades: `Medium below a package manager that installs (\`npm ci\`, \`pip install\`): code of a dependency then changes the project. Lock files and package.json stay Low. Of what one process deletes only the first is told. ${vcs}`,
    blind: 'The first 8,192 files of a checkout are followed; a checkout that act or tar makes is not seen as one.',
    fires: 'a file that git wrote and something else changes is found, Medium below an installation',
    quiet: 'a checkout, npm ci and a build change nothing that is found above Low',
  },
} as const satisfies Readonly<Record<string, Rule>>;
