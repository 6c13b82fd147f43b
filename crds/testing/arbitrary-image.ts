import fc from 'fast-check';
import type { PolicyImage, PolicyImageRule } from '../policy-image.ts';

const octet = fc.nat({ max: 255 });
const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/);
const mode = fc.constantFrom('Audit' as const, 'Enforce' as const);
const cidr = fc.oneof(
  fc.tuple(octet, octet).map(([a, b]) => `${a}.${b}.0.0/16`),
  fc.nat({ max: 0xffff }).map((group) => `2001:db8:${group.toString(16)}::/48`),
);
const port = fc.record({
  port: fc.integer({ min: 1, max: 65535 }),
  protocol: fc.constantFrom('TCP' as const, 'UDP' as const),
});
const ports = fc.array(port, { minLength: 1, maxLength: 3 });
const rule: fc.Arbitrary<PolicyImageRule> = fc.oneof(
  fc.record({ policy: name, name, cidr, ports }, { requiredKeys: ['policy', 'name', 'cidr'] }),
  fc.record(
    { policy: name, name, service: fc.record({ namespace: name, name }), ports },
    { requiredKeys: ['policy', 'name', 'service'] },
  ),
);

const path = fc.stringMatching(/^(\/[a-z*]{1,5}){1,3}$/);
const some = (text: fc.Arbitrary<string>) => fc.array(text, { minLength: 1, maxLength: 2 });
const agent = fc.record({
  name,
  match: fc.record(
    {
      paths: some(path),
      scripts: some(path),
      packages: some(fc.stringMatching(/^(@[a-z]{1,4}\/)?[a-z.]{1,5}$/).filter((text) => !/(^|\/)\./.test(text))),
    },
    { requiredKeys: [] },
  ),
});

const images: fc.Arbitrary<PolicyImage> = fc.record({
  version: fc.constant(1 as const),
  namespace: name,
  generation: fc.nat(),
  mode,
  failureMode: fc.constantFrom('Open' as const, 'Closed' as const),
  policies: fc.array(fc.record({ name, generation: fc.nat(), mode }), { maxLength: 3 }),
  egress: fc.record({
    default: fc.constantFrom('Allow' as const, 'Deny' as const),
    rules: fc.array(rule, { maxLength: 5 }),
  }),
  agents: fc.option(fc.array(agent, { minLength: 1, maxLength: 2 }), { nil: undefined }),
  trace: fc.record(
    {
      processes: fc.constantFrom('All' as const, 'None' as const),
      scope: fc.constant('Job' as const),
      files: fc.record(
        {
          watch: fc.constantFrom('Auto' as const, 'Never' as const),
          paths: fc.array(fc.stringMatching(/^(\/[a-z]{1,5}){1,3}$/), { maxLength: 3 }),
        },
        { requiredKeys: ['paths'] },
      ),
      redact: fc.array(fc.stringMatching(/^[A-Za-z*_.-]{1,9}$/), { maxLength: 3 }),
    },
    { requiredKeys: ['processes', 'redact'] },
  ),
});

/** Policy images as the operator makes them, of objects as `JSON.parse` makes them. */
export const arbitraryImage: fc.Arbitrary<PolicyImage> = images.map((image) => JSON.parse(JSON.stringify(image)));
