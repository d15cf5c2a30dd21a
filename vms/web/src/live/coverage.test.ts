import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { TimelineOut } from "../api/types";
import { HOUR, SECOND, type Span } from "../pure/walltime";
import { Coverage } from "./coverage";
import { clipFile } from "./clips";
import { SiteTime } from "../pure/sitetime";

const NOW = 1_795_000_000_000_000;
let asked: Span[];
let fail: Error | undefined;

function answer(cameras: readonly number[], span: Span): TimelineOut {
  return {
    start: span.start,
    end: span.end,
    now: NOW,
    bucket_start: span.start,
    bucket: SECOND,
    with_events: true,
    cameras: cameras.map((camera_id) => ({
      camera_id,
      spans: [[NOW - HOUR, NOW - 10 * SECOND]],
      gaps: [{ start: NOW - 10 * SECOND, end: null, cause: "stalled", detail: "", count: 1 }],
      locks: [],
      bookmarks: [],
      events: [],
      activity: [],
      usual_bitrate: null,
    })),
  };
}

function make(): Coverage {
  return new Coverage(
    async (cameras, span) => {
      asked.push(span);
      if (fail !== undefined) throw fail;
      return answer(cameras, span);
    },
    () => NOW,
    () => undefined,
  );
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("document", { hidden: false });
  asked = [];
  fail = undefined;
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const needs = (start: number, end: number) => ({ cameras: [1, 2], span: { start, end }, pixels: 1_000 });

test("many moves of a hand are one request, with a margin around", async () => {
  const coverage = make();
  for (let n = 0; n < 50; n += 1) coverage.need(needs(NOW - HOUR - n, NOW - n));
  await vi.advanceTimersByTimeAsync(400);
  expect(asked).toHaveLength(1);
  expect(asked[0]!.start).toBeLessThan(NOW - HOUR);
  coverage.close();
});

test("a gap that lasts ends now, and the future is not known", async () => {
  const coverage = make();
  coverage.need(needs(NOW - HOUR, NOW));
  await vi.advanceTimersByTimeAsync(400);
  expect(coverage.lane(1).gaps[0]!.end).toBe(NOW);
  expect(coverage.known!.end).toBe(NOW);
  coverage.close();
});

test("the newest part is read again while it is visible, the past is not", async () => {
  const coverage = make();
  coverage.need(needs(NOW - HOUR, NOW));
  await vi.advanceTimersByTimeAsync(10_000);
  const fresh = asked.length;
  expect(fresh).toBeGreaterThanOrEqual(3);
  coverage.need(needs(NOW - 50 * HOUR, NOW - 49 * HOUR));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked.length - fresh).toBeLessThanOrEqual(2);
  coverage.close();
});

test("a failure is kept to be told and tried again", async () => {
  const coverage = make();
  fail = new Error("away");
  coverage.need(needs(NOW - HOUR, NOW));
  await vi.advanceTimersByTimeAsync(400);
  expect(coverage.error).toBe(fail);
  fail = undefined;
  await vi.advanceTimersByTimeAsync(4_000);
  expect(coverage.error).toBeUndefined();
  expect(coverage.lane(2).spans).toHaveLength(1);
  coverage.close();
});

test("a closed timeline asks nothing more", async () => {
  const coverage = make();
  coverage.need(needs(NOW - HOUR, NOW));
  coverage.close();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toHaveLength(0);
});

test("a clip's file is named by camera, local time and length", () => {
  const camera = { id: 1, number: 3, name: "Simpang Tiga (Utara)", enabled: true, retention_days: null, priority: 5, purposes: [], owner_agency: "", sign_posted: false, contact: "", streams: [], states: [] };
  const span = { start: Date.parse("2026-11-23T05:03:41Z") * 1_000, end: Date.parse("2026-11-23T05:03:51.250Z") * 1_000 };
  expect(clipFile(camera, span, new SiteTime("Asia/Makassar"))).toBe("3-simpang-tiga-utara-2026-11-23-130341-10.3s.mp4");
});
