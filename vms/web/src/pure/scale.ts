/** Time to pixels and back, for one visible stretch of time. Immutable and pure. */

import { DAY, MS, type Micros, type Span } from "./walltime";

/** The shortest and the longest stretch a timeline shows. */
export const SHORTEST = 100 * MS;
export const LONGEST = 31 * DAY;

export class Scale implements Span {
  constructor(
    readonly start: Micros,
    readonly end: Micros,
    readonly width: number,
  ) {}

  get span(): number {
    return this.end - this.start;
  }

  /** µs that one pixel covers. */
  get perPixel(): number {
    return this.span / Math.max(1, this.width);
  }

  x(time: Micros): number {
    return (time - this.start) / this.perPixel;
  }

  time(x: number): Micros {
    return Math.round(this.start + x * this.perPixel);
  }

  shows(time: Micros): boolean {
    return time >= this.start && time < this.end;
  }

  /** The same time stays under `x`; `factor` > 1 shows more time. Bounded by SHORTEST, LONGEST. */
  zoomed(x: number, factor: number): Scale {
    const anchor = this.start + x * this.perPixel;
    const span = Math.min(LONGEST, Math.max(SHORTEST, this.span * factor));
    const start = Math.round(anchor - (x / Math.max(1, this.width)) * span);
    return new Scale(start, Math.round(start + span), this.width);
  }

  /** Moved by `pixels`: positive shows later time. */
  panned(pixels: number): Scale {
    const by = Math.round(pixels * this.perPixel);
    return new Scale(this.start + by, this.end + by, this.width);
  }

  /** The same stretch of time on another width. */
  resized(width: number): Scale {
    return new Scale(this.start, this.end, width);
  }

  /** `span` µs placed so that `time` stands at `share` (0 to 1) of the width. */
  placed(time: Micros, share: number, span: number = this.span): Scale {
    const start = Math.round(time - share * span);
    return new Scale(start, Math.round(start + span), this.width);
  }
}
