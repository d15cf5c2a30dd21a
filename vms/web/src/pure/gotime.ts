/** Reads the time a person types: `14:03`, `14:03:41.240`, with or without a date. Pure. */

import type { SiteTime } from "./sitetime";
import { DAY, HOUR, MINUTE, SECOND, type Micros } from "./walltime";

const TIME = /^(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,6}))?)?$/;
const YEAR_FIRST = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;
const DAY_FIRST = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/;

/**
 * The moment meant by `text` in the site's zone, exact to the microsecond; undefined when it is no
 * time. Without a date the day is that of `near`, or the day before when that would lie after `now`.
 */
export function parseMoment(
  text: string,
  site: SiteTime,
  near: Micros,
  now: Micros,
): Micros | undefined {
  const words = text.trim().replace("T", " ").split(/\s+/);
  const time = parseTime(words[words.length - 1] ?? "");
  if (time === undefined || words.length > 2) return undefined;
  if (words.length === 2) {
    const day = parseDay(words[0] ?? "");
    return day === undefined ? undefined : site.fromLocal(day + time);
  }
  const local = near + site.offset(near);
  const moment = site.fromLocal(local - (local % DAY) + time);
  return moment > now ? site.fromLocal(local - (local % DAY) - DAY + time) : moment;
}

function parseTime(text: string): number | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [hours, minutes, seconds] = [match[1], match[2], match[3] ?? 0].map(Number);
  const fraction = Number((match[4] ?? "").padEnd(6, "0"));
  if (hours! > 23 || minutes! > 59 || seconds! > 59) return undefined;
  return hours! * HOUR + minutes! * MINUTE + seconds! * SECOND + fraction;
}

function parseDay(text: string): number | undefined {
  const [first, second] = [YEAR_FIRST.exec(text), DAY_FIRST.exec(text)];
  const found = first?.slice(1) ?? second?.slice(1).reverse();
  if (found === undefined) return undefined;
  const [year, month, day] = found.map(Number) as [number, number, number];
  const utc = Date.UTC(year, month - 1, day);
  const back = new Date(utc);
  if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day) return undefined;
  return utc * 1000;
}
