import { expect, test } from "vitest";

import { daySpan, fullness, hoursOf, isBefore, monthOf, monthSpan, turned, weeks } from "./calendar";
import { SiteTime } from "./sitetime";
import { DAY, HOUR, MINUTE } from "./walltime";

const BONTANG = new SiteTime("Asia/Makassar");
const BERLIN = new SiteTime("Europe/Berlin");

test("November 2026 begins on a Sunday and fills six weeks", () => {
  const rows = weeks({ year: 2026, month: 11 });
  expect(rows).toHaveLength(6);
  expect(rows[0]!.map((day) => day?.number)).toEqual([undefined, undefined, undefined, undefined, undefined, undefined, 1]);
  expect(rows[5]![0]).toEqual({ date: "2026-11-30", number: 30 });
});

test("a leap year's February has its day", () => {
  expect(weeks({ year: 2028, month: 2 }).flat().filter(Boolean)).toHaveLength(29);
});

test("months turn over the year, both ways", () => {
  expect(turned({ year: 2026, month: 12 }, 1)).toEqual({ year: 2027, month: 1 });
  expect(turned({ year: 2026, month: 1 }, -1)).toEqual({ year: 2025, month: 12 });
  expect(isBefore({ year: 2025, month: 12 }, { year: 2026, month: 1 })).toBe(true);
});

test("the month of a moment is that of the site's own day", () => {
  // 30 November 17:00 UTC is already 1 December in Bontang.
  expect(monthOf(Date.UTC(2026, 10, 30, 17) * 1000, BONTANG)).toEqual({ year: 2026, month: 12 });
});

test("a month and a day begin at the site's midnight", () => {
  expect(monthSpan({ year: 2026, month: 11 }, BONTANG).start).toBe(Date.UTC(2026, 9, 31, 16) * 1000);
  const { start, end } = daySpan("2026-11-23", BONTANG);
  expect([start, end - start]).toEqual([Date.UTC(2026, 10, 22, 16) * 1000, DAY]);
});

test("the day on which the clock is turned back has 25 hours", () => {
  const { start, end } = daySpan("2026-10-25", BERLIN);
  expect(end - start).toBe(25 * HOUR);
});

test("a day with a hole is never shown as whole", () => {
  expect(hoursOf(DAY - MINUTE)).toBe(23.9);
  expect(hoursOf(DAY)).toBe(24);
});

test("fullness has five steps", () => {
  expect([0, MINUTE, 8 * HOUR, 20 * HOUR, DAY].map((recorded) => fullness(recorded))).toEqual([0, 1, 2, 3, 4]);
});
