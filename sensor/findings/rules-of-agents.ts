import type { Rule } from './rule.ts';

export const agentRules = {
  'agent-word-differs': {
    title: 'An agent’s word and the kernel’s differ',
    severity: 'Medium',
    category: 'Defense Evasion',
    act: 'does not match what its agent tells of itself: it {}',
    when: 'Agents are heard (docs/agents.md), and a coding agent tells of a command that is not the one that ran, of one that no process ran, of another exit code than the process had, or of what came later but not of this one.',
    reason:
      'What an agent says of itself is what its model and its tools made it say; instructions in an issue or a file can lead it astray, and whoever reviews its transcript sees only that.',
    source: 'docs/decisions/0021; OWASP, LLM01:2025 Prompt Injection and LLM06:2025 Excessive Agency',
    look: 'both versions on the span of the tool call, and what the processes below it did',
    refuse:
      'hold the job to an AgentPolicy in `Enforce`, since that goes by what processes do and not by what is told of them',
    grades: 'High where another command ran than was told.',
    blind:
      'An agent that is not heard, and one that tells nothing at all. What was told of a run that was killed, or not heard whole, is no ground to say that something is missing. A command that is not told of, within five seconds of the last that is. Commands are compared by their first 2,048 characters, those of more than 4 KiB by what the kernel tells of these at once.',
    fires: 'where an agent’s word and the kernel’s differ, the span shows both and a finding says so',
    quiet: 'an agent that tells what it did is found nothing of',
  },
  'agent-impersonated': {
    title: 'Spoke in a coding agent’s name',
    severity: 'Medium',
    category: 'Defense Evasion',
    act: 'told the sensor, as if it were a coding agent, of {}',
    when: 'Agents are heard, and a process that is no coding agent’s own sends the sensor a tool call or a model’s answer in the way that one of them does. It is not believed: the kernel says who sends.',
    reason: 'Whoever makes up an agent’s account of itself means to hide what it did.',
    source: 'docs/decisions/0021; MITRE ATT&CK T1036 (Masquerading)',
    look: 'the process, and the tool call that it is part of',
    refuse:
      'let nothing but the agent know of the address: unset `CHAPERONE_AGENT_TELEMETRY` and its kin in the commands that it runs',
    grades: 'High where it descends from an agent’s own tool call.',
    blind: 'An MCP server or a hook that is the agent’s own program; what takes over the agent’s open connection.',
    fires: 'a command that posts in its agent’s name is not believed, and found',
    quiet: 'an agent that tells what it did is found nothing of',
  },
} as const satisfies Readonly<Record<string, Rule>>;
