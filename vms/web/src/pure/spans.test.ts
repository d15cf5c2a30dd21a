import { expect, test } from "vitest";

import { holes, lastBefore, merged, nearest, nextAfter, ordered, spanAt } from "./spans";

const spans = [
  { start: 10, end: 20 },
  { start: 30, end: 40 },
  { start: 40, end: 50 },
];

test("a span holds its start and not its end", () => {
  expect(spanAt(spans, 10)).toBe(spans[0]);
  expect(spanAt(spans, 19)).toBe(spans[0]);
  expect(spanAt(spans, 20)).toBeUndefined();
  expect(spanAt(spans, 40)).toBe(spans[2]);
  expect(spanAt([], 5)).toBeUndefined();
});

test("what comes next and what was last are found from inside a gap", () => {
  expect(nextAfter(spans, 25)).toBe(spans[1]);
  expect(nextAfter(spans, 30)).toBe(spans[2]);
  expect(nextAfter(spans, 45)).toBeUndefined();
  expect(lastBefore(spans, 25)).toBe(spans[0]);
  expect(lastBefore(spans, 5)).toBeUndefined();
});

test("spans that touch become one, spans within the slack as well", () => {
  expect(merged([spans[2]!, spans[0]!, spans[1]!])).toEqual([
    { start: 10, end: 20 },
    { start: 30, end: 50 },
  ]);
  expect(merged(spans, 10)).toEqual([{ start: 10, end: 50 }]);
  expect(merged([{ start: 1, end: 9 }, { start: 2, end: 3 }])).toEqual([{ start: 1, end: 9 }]);
});

test("holes are what no span covers, cut to the whole", () => {
  expect(holes(spans, { start: 0, end: 60 })).toEqual([
    { start: 0, end: 10 },
    { start: 20, end: 30 },
    { start: 50, end: 60 },
  ]);
  expect(holes(spans, { start: 15, end: 35 })).toEqual([{ start: 20, end: 30 }]);
  expect(holes([], { start: 1, end: 2 })).toEqual([{ start: 1, end: 2 }]);
  expect(holes(spans, { start: 12, end: 18 })).toEqual([]);
});

test("two marks are a span in either order", () => {
  expect(ordered(9, 3)).toEqual({ start: 3, end: 9 });
});

test("the nearest recorded moment is the moment itself, a beginning, or just before an end", () => {
  const spans = [{ start: 0, end: 100 }, { start: 200, end: 300 }];
  expect(nearest(spans, 50, 5)).toBe(50);
  expect(nearest(spans, 120, 5)).toBe(95);
  expect(nearest(spans, 190, 5)).toBe(200);
  expect(nearest(spans, 900, 5)).toBe(295);
  expect(nearest(spans, -10, 5)).toBe(0);
  expect(nearest([{ start: 0, end: 2 }], 50, 5)).toBe(0);
  expect(nearest([], 50, 5)).toBeUndefined();
});
