import type { Attributes, AttributeValue, FinishedSpan } from './finished-span.ts';
import type { Redactor } from './redact.ts';

/** The span with every text of it searched for secrets. All spans pass here last, so that no kind of span can forget it. */
export function scrubSpan(span: FinishedSpan, redact: Redactor): FinishedSpan {
  const { error } = span;
  return {
    ...span,
    name: redact.text(span.name),
    attributes: scrubAttributes(span.attributes, redact),
    events: span.events.map((event) => ({ ...event, attributes: scrubAttributes(event.attributes, redact) })),
    links: span.links.map((link) => ({ ...link, attributes: scrubAttributes(link.attributes, redact) })),
    error: error?.message === undefined ? error : { message: redact.text(error.message) },
  };
}

export function scrubAttributes(attributes: Attributes, redact: Redactor): Attributes {
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, scrubValue(value, redact)]));
}

function scrubValue(value: AttributeValue, redact: Redactor): AttributeValue {
  if (typeof value === 'string') return redact.text(value);
  return Array.isArray(value) ? value.map((item) => redact.text(item)) : value;
}
