import type { z } from 'zod';
import { agentPolicy } from '../agent-policy.ts';
import { apiGroup } from '../names.ts';
import { type StructuralSchema, structuralSchemaOf } from './structural-schema.ts';

/** `agentpolicies.chaperone.dev`, as `apiextensions.k8s.io/v1` takes it. */
export function agentPolicyDefinition(): Record<string, unknown> {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `agentpolicies.${apiGroup}` },
    spec: {
      group: apiGroup,
      scope: 'Namespaced',
      names: {
        plural: 'agentpolicies',
        singular: 'agentpolicy',
        kind: 'AgentPolicy',
        listKind: 'AgentPolicyList',
        shortNames: ['agp'],
        categories: ['chaperone'],
      },
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          subresources: { status: {} },
          selectableFields: [{ jsonPath: '.spec.mode' }],
          additionalPrinterColumns: printerColumns,
          schema: { openAPIV3Schema: agentPolicySchema() },
        },
      ],
    },
  };
}

const printerColumns = [
  { name: 'Mode', type: 'string', jsonPath: '.spec.mode' },
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  {
    name: 'Runners',
    type: 'integer',
    jsonPath: '.status.runners.matched',
    description: 'Running pods that the policy selects',
  },
  {
    name: 'Critical',
    type: 'integer',
    jsonPath: '.status.findings.critical',
    description: 'Critical findings in pods under the policy',
  },
  {
    name: 'High',
    type: 'integer',
    jsonPath: '.status.findings.high',
    description: 'High findings in pods under the policy',
  },
  { name: 'Egress default', type: 'string', jsonPath: '.spec.egress.default' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  { name: 'Hash', type: 'string', jsonPath: '.status.hash', priority: 1 },
];

/** The schema of the whole object. `metadata` and the two type fields are the API server's own: it takes no bounds for them here. */
export function agentPolicySchema(): StructuralSchema {
  const { spec, status } = agentPolicy.shape;
  const rules = agentPolicy.meta()?.['x-kubernetes-validations'];
  return {
    description:
      'AgentPolicy says what the CI runners of a namespace may connect to, and what is recorded of their jobs.',
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string', description: 'The version of this API.' },
      kind: { type: 'string', description: 'AgentPolicy' },
      metadata: { type: 'object' },
      spec: structuralSchemaOf(spec, 'spec'),
      status: structuralSchemaOf(status as z.ZodType, 'status'),
    },
    'x-kubernetes-validations': rules as { rule: string; message: string }[],
  };
}
