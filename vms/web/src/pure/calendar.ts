/** Weeks of a month as people of the site see them, and how full a day is. Pure. */

import type { SiteTime } from "./sitetime";
import { DAY, HOUR, type Micros, type Span } from "./walltime";

/** `month` 1 is January. */
export interface Month {
  readonly year: number;
  readonly month: number;
}

export interface MonthDay {
  /** `2026-11-23`. */
  readonly date: string;
  readonly number: number;
}

export function monthOf(wall: Micros, site: SiteTime): Month {
  const [year, month] = site.day(wall).split("-").map(Number);
  return { year: year!, month: month! };
}

export function turned({ year, month }: Month, by: number): Month {
  const count = year * 12 + month - 1 + by;
  return { year: Math.floor(count / 12), month: (count % 12) + 1 };
}

export function isBefore(one: Month, other: Month): boolean {
  return one.year * 12 + one.month < other.year * 12 + other.month;
}

/** Rows of seven, Monday first; undefined where the week is of another month. */
export function weeks({ year, month }: Month): (MonthDay | undefined)[][] {
  const first = (new Date(Date.UTC(year, month - 1, 1)).getUTCDay() + 6) % 7;
  const count = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const cells = Array.from({ length: Math.ceil((first + count) / 7) * 7 }, (_, at) => {
    const number = at - first + 1;
    return number < 1 || number > count ? undefined : { date: dated(year, month, number), number };
  });
  return Array.from({ length: cells.length / 7 }, (_, row) => cells.slice(row * 7, row * 7 + 7));
}

/** From the first midnight of the month to the first of the next. */
export function monthSpan(month: Month, site: SiteTime): Span {
  const begin = ({ year, month: number }: Month) => site.fromLocal(Date.UTC(year, number - 1, 1) * 1000);
  return { start: begin(month), end: begin(turned(month, 1)) };
}

/** The stretch of time of a day of the site; 23 or 25 hours where its clock is turned. */
export function daySpan(date: string, site: SiteTime): Span {
  const local = Date.parse(`${date}T00:00:00Z`) * 1000;
  return { start: site.fromLocal(local), end: site.fromLocal(local + DAY) };
}

/** 0: nothing is recorded; 4: as good as the whole day. */
export function fullness(recorded: number, day: number = DAY): 0 | 1 | 2 | 3 | 4 {
  if (recorded <= 0) return 0;
  const share = recorded / day;
  if (share >= 0.97) return 4;
  return share >= 0.6 ? 3 : share >= 0.25 ? 2 : 1;
}

/** Hours with one decimal, rounded down: a day with a hole is never shown as whole. */
export function hoursOf(recorded: number): number {
  return Math.floor(recorded / (HOUR / 10)) / 10;
}

function dated(year: number, month: number, day: number): string {
  return `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}
