import { describe, expect, test } from "vitest";

import type { Window } from "../api/types";
import { checkRow, DAY_MINUTES, minuteOf, rowsOf, timeOf, windowsOf, WORKDAY, type HoursRow } from "./hours";

const night: HoursRow = { days: [4, 6], from: "22:00", until: "06:00" };

test.each([
  ["8:00", 480],
  ["08.00", 480],
  ["0830", 510],
  ["24:00", 1440],
  ["24:01", undefined],
  ["25:00", undefined],
  ["8", undefined],
  ["", undefined],
])("%s is minute %s of the day", (text, minute) => {
  expect(minuteOf(text)).toBe(minute);
  if (minute !== undefined) expect(minuteOf(timeOf(minute))).toBe(minute);
});

describe("rows", () => {
  test("a night goes over midnight, also from Sunday to Monday", () => {
    expect(windowsOf([night])).toEqual([
      { weekday: 0, start_minute: 0, end_minute: 360 },
      { weekday: 4, start_minute: 1320, end_minute: 1440 },
      { weekday: 5, start_minute: 0, end_minute: 360 },
      { weekday: 6, start_minute: 1320, end_minute: 1440 },
    ]);
    expect(rowsOf(windowsOf([night]))).toEqual([night]);
  });

  test("days with the same hours are one row", () => {
    expect(rowsOf(windowsOf([WORKDAY]))).toEqual([WORKDAY]);
  });

  test("a whole day and one until midnight stay what they are", () => {
    const rows = [
      { days: [0], from: "00:00", until: "24:00" },
      { days: [2], from: "20:00", until: "24:00" },
    ];
    expect(rowsOf(windowsOf(rows))).toEqual(rows);
    expect(windowsOf([{ days: [2], from: "20:00", until: "00:00" }])).toEqual(windowsOf([rows[1]!]));
  });

  test.each([
    [{ days: [], from: "08:00", until: "17:00" }, "no-day"],
    [{ days: [1], from: "8 am", until: "17:00" }, "clock"],
    [{ days: [1], from: "24:00", until: "17:00" }, "clock"],
    [{ days: [1], from: "08:00", until: "08:00" }, "empty-hours"],
    [WORKDAY, undefined],
  ])("%o: %s", (row, code) => {
    expect(checkRow(row)).toBe(code);
    expect(windowsOf([row]).length === 0).toBe(code !== undefined);
  });
});

test("whatever the windows are, their rows mean the same minutes", () => {
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let turn = 0; turn < 500; turn += 1) {
    const rows: HoursRow[] = Array.from({ length: 1 + random(5) }, () => ({
      days: [...new Set(Array.from({ length: 1 + random(4) }, () => random(7)))],
      from: timeOf(random(24) * 60),
      until: timeOf((1 + random(24)) * 60),
    }));
    const windows = windowsOf(rows);
    expect(windowsOf(rowsOf(windows))).toEqual(windows);
    expect(covered(windows)).toEqual(covered(windowsOf(rowsOf(windows))));
    for (const { start_minute, end_minute } of windows) {
      expect(start_minute).toBeLessThan(end_minute);
      expect(end_minute).toBeLessThanOrEqual(DAY_MINUTES);
    }
  }
});

function covered(windows: readonly Window[]): number {
  return windows.reduce((sum, { start_minute, end_minute }) => sum + end_minute - start_minute, 0);
}
