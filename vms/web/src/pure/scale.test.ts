import { describe, expect, test } from "vitest";

import { LONGEST, Scale, SHORTEST } from "./scale";
import { HOUR, MINUTE, SECOND } from "./walltime";

const START = 1_795_000_000_000_000;
const scale = new Scale(START, START + HOUR, 1_000);

describe("Scale", () => {
  test("a pixel and its time lead back to each other", () => {
    for (const x of [0, 1, 333, 999, 1_000]) expect(scale.x(scale.time(x))).toBeCloseTo(x, 6);
    expect(scale.time(500)).toBe(START + HOUR / 2);
  });

  test("zooming keeps the time under the pointer", () => {
    const at = scale.time(250);
    for (const factor of [0.5, 0.01, 3]) expect(scale.zoomed(250, factor).x(at)).toBeCloseTo(250, 3);
  });

  test("zooming stops at 100 ms and at 31 days", () => {
    expect(scale.zoomed(10, 1e-12).span).toBe(SHORTEST);
    expect(scale.zoomed(10, 1e12).span).toBe(LONGEST);
  });

  test("zooming in and out again shows the same", () => {
    const back = scale.zoomed(700, 0.25).zoomed(700, 4);
    expect(back.start).toBeCloseTo(scale.start, -1);
    expect(back.span).toBe(scale.span);
  });

  test("panning to the right shows later time, and the length stays", () => {
    const later = scale.panned(100);
    expect(later.start - scale.start).toBe(6 * MINUTE);
    expect(later.span).toBe(scale.span);
  });

  test("a time is placed at its share of the width", () => {
    const placed = scale.placed(START, 0.25, 10 * SECOND);
    expect(placed.x(START)).toBeCloseTo(250, 6);
    expect(placed.span).toBe(10 * SECOND);
  });

  test("a width of nothing gives numbers all the same", () => {
    expect(Number.isFinite(new Scale(START, START + HOUR, 0).x(START + 1))).toBe(true);
  });
});
