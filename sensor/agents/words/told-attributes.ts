import type { Attributes, SpanLink } from '../../spans/finished-span.ts';
import type { Redactor } from '../../spans/redact.ts';
import { known, maxName, printable } from '../../spans/text.ts';
import type { ToldCall } from './word.ts';

/** What only the agent can know of a call. All of it is the agent's text. */
export function toldAttributes({ id }: ToldCall, redact: Redactor): Attributes {
  return known({ 'gen_ai.tool.call.id': printable(redact.text(id), maxName), 'gen_ai.tool.type': 'function' });
}

/** To the agent's own span of the call, which it may send elsewhere too. */
export function linksTo(told: ToldCall | null): SpanLink[] {
  return told?.span == null ? [] : [{ ...told.span, attributes: {} }];
}
