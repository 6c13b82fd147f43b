import { type Tick, ticks } from '../model/time-window.ts';
import { element } from './element.ts';
import type { TimeScale } from './time-scale.ts';

/** Pixels that a tick's label takes with some air. */
const tickWidth = 72;

/** The time axis above a tree and the lines that go down from it. Dragging over the axis zooms to what was dragged over. */
export class Axis {
  readonly element: HTMLElement;
  readonly lines = element('div', { class: 'grid-lines', 'aria-hidden': 'true' });
  readonly #track = element('div', { class: 'track', title: 'Drag to zoom, double-click for the whole job' });
  readonly #band = element('div', { class: 'band', hidden: true });
  readonly #lineTrack = element('div', { class: 'track' });
  readonly #scale: TimeScale;
  #dragFrom: number | null = null;

  constructor(scale: TimeScale) {
    this.#scale = scale;
    this.element = element('div', { class: 'axis', 'aria-hidden': 'true' }, this.#track);
    this.lines.append(this.#lineTrack);
    scale.onChange(() => this.draw());
    this.#track.addEventListener('pointerdown', (event) => this.#begin(event));
    this.#track.addEventListener('pointermove', (event) => this.#drag(event));
    this.#track.addEventListener('pointerup', (event) => this.#end(event));
    this.#track.addEventListener('pointercancel', () => this.#cancel());
    this.#track.addEventListener('dblclick', () => {
      scale.window = { from: 0, to: scale.whole };
    });
  }

  draw(): void {
    const { left, width } = this.#track.getBoundingClientRect();
    const most = Math.max(2, Math.floor(width / tickWidth));
    const marks = ticks(this.#scale.window, most);
    this.#track.replaceChildren(
      this.#band,
      ...marks.map((mark) => tick(mark, window.innerWidth - left - mark.at * width)),
    );
    this.#lineTrack.replaceChildren(...marks.map(({ at }) => placed(element('i'), at)));
  }

  #begin(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#track.setPointerCapture(event.pointerId);
    this.#dragFrom = this.#share(event);
  }

  #drag(event: PointerEvent): void {
    if (this.#dragFrom === null) return;
    const [from, to] = [this.#dragFrom, this.#share(event)].sort((a, b) => a - b) as [number, number];
    this.#band.hidden = to - from < leastDrag;
    placed(this.#band, from).style.width = `${(to - from) * 100}%`;
  }

  #end(event: PointerEvent): void {
    if (this.#dragFrom === null) return;
    const [from, to] = [this.#dragFrom, this.#share(event)].sort((a, b) => a - b) as [number, number];
    this.#cancel();
    if (to - from < leastDrag) return;
    const { window } = this.#scale;
    const length = window.to - window.from;
    this.#scale.window = { from: window.from + from * length, to: window.from + to * length };
  }

  #cancel(): void {
    this.#dragFrom = null;
    this.#band.hidden = true;
  }

  #share(event: PointerEvent): number {
    const { left, width } = this.#track.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - left) / width, 0), 1);
  }
}

/** The label stands right of its mark, where there are pixels enough left to the edge of the screen. */
function tick({ at, label }: Tick, room: number): HTMLElement {
  return placed(element('span', { class: 'tick' }, room < tickWidth ? '' : label), at);
}

/** Less than this part of the axis is a click, not a drag. */
const leastDrag = 0.01;

function placed<Placed extends HTMLElement>(made: Placed, at: number): Placed {
  made.style.left = `${at * 100}%`;
  return made;
}
