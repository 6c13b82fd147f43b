/** The lines of a long list that are drawn: those in sight and some beyond. `last` is not among them. */
export interface LineWindow {
  readonly first: number;
  readonly last: number;
}

/** Lines beyond each edge, so that scrolling finds them drawn. */
const beyond = 12;
/** However tall a screen says it is. */
const mostLines = 400;

/** `top` is how far the list has moved out above the screen, in pixels; negative while it begins below the screen's edge. */
export function lineWindow(sight: { top: number; screen: number; line: number }, count: number): LineWindow {
  const first = Math.max(0, Math.floor(sight.top / sight.line) - beyond);
  const last = Math.ceil((sight.top + sight.screen) / sight.line) + beyond;
  const begin = Math.min(first, count);
  return { first: begin, last: Math.min(Math.max(last, begin), count, begin + mostLines) };
}
