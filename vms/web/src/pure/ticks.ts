/** Where the marks and words of a time axis stand: round times of the site's zone. Pure. */

import type { Scale } from "./scale";
import type { SiteTime } from "./sitetime";
import { DAY, HOUR, MINUTE, MS, SECOND, type Micros } from "./walltime";

export interface Tick {
  readonly time: Micros;
  readonly label: string;
  /** A new local day begins here. */
  readonly midnight: boolean;
}

const STEPS: readonly number[] = [
  ...[10, 20, 50, 100, 200, 500].map((n) => n * MS),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 5, 10].map((n) => n * DAY),
];

/** The distance of two labelled ticks when each label needs `pixels`. */
export function step(scale: Scale, pixels: number): number {
  const least = scale.perPixel * pixels;
  return STEPS.find((candidate) => candidate >= least) ?? 31 * DAY;
}

/** Labelled ticks, oldest first; the first one may lie just before the visible stretch. */
export function ticks(scale: Scale, site: SiteTime, language: string, pixels = 96): Tick[] {
  const distance = step(scale, pixels);
  const result: Tick[] = [];
  const begin = scale.start + site.offset(scale.start);
  const end = scale.end + site.offset(scale.end);
  for (let local = Math.floor(begin / distance) * distance; local <= end; local += distance) {
    const time = site.fromLocal(local);
    const midnight = local % DAY === 0;
    result.push({ time, midnight, label: label(time, distance, midnight, site, language) });
  }
  return result;
}

function label(
  time: Micros,
  distance: number,
  midnight: boolean,
  site: SiteTime,
  language: string,
): string {
  if (midnight) return site.shortDate(time, language);
  if (distance < SECOND) return site.millis(time);
  return distance < MINUTE ? site.clock(time) : site.minutes(time);
}
