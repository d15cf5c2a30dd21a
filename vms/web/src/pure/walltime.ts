/** Points of civil time are whole microseconds UTC, as everywhere in the system. Pure. */

export type Micros = number;

export const MS = 1_000;
export const SECOND = 1_000_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Half-open [start, end). */
export interface Span {
  readonly start: Micros;
  readonly end: Micros;
}
