import * as ours from '../../../crds/attributes.ts';
import type { Row } from './row.ts';

/** Findings. */
export const ofFindings: readonly Row[] = [
  ['security_rule.name', 'finding', 'string', 'the rule, by which [findings.md](findings.md) tells it'],
  ['security_rule.ruleset.name', 'finding', 'string', '`chaperone`'],
  ['security_rule.category', 'finding', 'string', "MITRE ATT&CK's tactic"],
  ['security_rule.description', 'finding', 'string', "the rule's title"],
  [ours.findingSeverity, 'finding', 'string', '`Info`, `Low`, `Medium`, `High` or `Critical`'],
  [ours.findingSubjectKind, 'finding', 'string', '`file`, `host`, `name`, `process`, `sensor` or `policy`'],
  [ours.findingSubject, 'finding', 'string', 'which one'],
  [ours.findingProcesses, 'finding', 'string[]', "names from the step's first process to the one that did it"],
  [
    ours.findingAgent,
    'finding',
    'string',
    "the coding agent below whose tool call it happened; none of the agent's own attributes stands here",
    'sensor/findings/tool-call.test.ts',
  ],
  [ours.findingTool, 'finding', 'string', "the agent's name of the tool", 'sensor/findings/tool-call.test.ts'],
  [
    ours.findingToolCommand,
    'finding',
    'string',
    'what the tool was asked for, redacted',
    'sensor/findings/tool-call.test.ts',
  ],
  [ours.findingToolCallId, 'finding', 'string', "the agent's id of the call", 'sensor/findings/tool-call.test.ts'],
  [ours.findingText, 'finding', 'string', 'who, what, where, what to look at, how to refuse it: for people'],
];
