/**
 * Civil time as people of the site read it: its zone, 24 hours, the zone's short name. Pure.
 *
 * Offsets come from Intl and are kept per quarter of an hour (no zone changes its offset at another
 * moment); everything else is arithmetic, cheap enough for a clock on every tile.
 */

import { DAY, HOUR, MINUTE, MS, SECOND, type Micros } from "./walltime";

/** Intl writes GMT+8 for these in English; people here write WITA in every language. */
const NAMES: Readonly<Record<string, string>> = {
  "Asia/Jakarta": "WIB",
  "Asia/Pontianak": "WIB",
  "Asia/Makassar": "WITA",
  "Asia/Ujung_Pandang": "WITA",
  "Asia/Jayapura": "WIT",
};
const QUARTER = 15 * MINUTE;

export class SiteTime {
  private readonly offsets = new Map<number, number>();
  private readonly parts: Intl.DateTimeFormat;
  private readonly dates = new Map<string, Intl.DateTimeFormat>();

  /** Throws RangeError when the zone is not an IANA name the browser knows. */
  constructor(readonly zone: string) {
    this.parts = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
  }

  /** µs to add to UTC at that moment. */
  offset(wall: Micros): number {
    const quarter = Math.floor(wall / QUARTER);
    const known = this.offsets.get(quarter);
    if (known !== undefined) return known;
    const offset = this.measured(quarter * QUARTER);
    if (this.offsets.size > 4096) this.offsets.clear();
    this.offsets.set(quarter, offset);
    return offset;
  }

  /** `WITA`, `WIB`, `WIT`; elsewhere what Intl says (`CET`, `GMT+1`). */
  zoneName(wall: Micros): string {
    const name = NAMES[this.zone];
    if (name !== undefined) return name;
    const format = new Intl.DateTimeFormat("en-GB", { timeZone: this.zone, timeZoneName: "short" });
    const part = format.formatToParts(wall / MS).find(({ type }) => type === "timeZoneName");
    return part?.value ?? this.zone;
  }

  /** `14:03:41`. */
  clock(wall: Micros): string {
    return this.local(wall).slice(11, 19);
  }

  /** `14:03`. */
  minutes(wall: Micros): string {
    return this.local(wall).slice(11, 16);
  }

  /** `14:03:41.240`. */
  millis(wall: Micros): string {
    return this.local(wall).slice(11, 23);
  }

  /** `2026-11-23`, also what sorts and what goes into a file name. */
  day(wall: Micros): string {
    return this.local(wall).slice(0, 10);
  }

  /** `2026-11-23 14:03:41.240`: what the field "go to time" shows and reads. */
  full(wall: Micros): string {
    return this.local(wall).replace("T", " ").slice(0, 23);
  }

  /** `Sen, 23 Nov 2026` in the language of the page. */
  date(wall: Micros, language: string): string {
    return this.dateFormat(language, true).format(wall / MS);
  }

  /** `23 Nov` in the language of the page. */
  shortDate(wall: Micros, language: string): string {
    return this.dateFormat(language, false).format(wall / MS);
  }

  /** The time today, the date as well on any other day. */
  moment(wall: Micros, now: Micros, language: string): string {
    const time = this.clock(wall);
    return this.day(wall) === this.day(now) ? time : `${this.shortDate(wall, language)} ${time}`;
  }

  /** Local time, counted as if it were UTC, to UTC. In the hour that comes twice: the first. */
  fromLocal(local: Micros): Micros {
    const early = local - Math.max(this.offset(local - 14 * HOUR), this.offset(local + 14 * HOUR));
    const guess = local - this.offset(early);
    return guess + this.offset(guess) === local ? guess : local - this.offset(guess);
  }

  /** Midnight that begins the local day of `wall`. */
  midnight(wall: Micros): Micros {
    const local = wall + this.offset(wall);
    return this.fromLocal(local - (((local % DAY) + DAY) % DAY));
  }

  private local(wall: Micros): string {
    return new Date(Math.floor((wall + this.offset(wall)) / MS)).toISOString();
  }

  private measured(wall: Micros): number {
    const values = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
    for (const { type, value } of this.parts.formatToParts(wall / MS))
      if (type in values) values[type as keyof typeof values] = Number(value);
    const { year, month, day, hour, minute, second } = values;
    return Date.UTC(year, month - 1, day, hour, minute, second) * MS - Math.floor(wall / SECOND) * SECOND;
  }

  private dateFormat(language: string, whole: boolean): Intl.DateTimeFormat {
    const key = `${language}${whole}`;
    let format = this.dates.get(key);
    if (format === undefined) {
      format = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "id-ID", {
        timeZone: this.zone,
        day: "numeric",
        month: "short",
        ...(whole ? { weekday: "short", year: "numeric" } : {}),
      });
      this.dates.set(key, format);
    }
    return format;
  }
}
