import { expect, test } from "vitest";

import { activityHeight, laneOf, NOTHING, under, type Lane } from "./lanes";

const LANE: Lane = {
  ...NOTHING,
  spans: [{ start: 0, end: 100 }],
  gaps: [{ start: 100, end: 200, cause: "stalled", detail: "", count: 1 }],
  locks: [{ id: 1, title: "LP/1", start: 50, end: 150 }, { id: 2, title: "LP/2", start: 140, end: 160 }],
  bookmarks: [{ start: 20, end: 20, title: "red car", count: 1 }, { start: 30, end: 60, title: "fight", count: 1 }],
  events: [{ start: 80, end: 80, kind: "motion", count: 3 }],
};

test("a moment knows whether it is recorded, and why not", () => {
  expect(under(LANE, 10, 0).recorded).toBe(true);
  expect(under(LANE, 120, 0)).toMatchObject({ recorded: false, gap: { cause: "stalled" } });
});

test("all locks over a moment are told", () => {
  expect(under(LANE, 145, 0).locks.map(({ title }) => title)).toEqual(["LP/1", "LP/2"]);
});

test("a tick is caught nearby, and the nearer one wins", () => {
  expect(under(LANE, 23, 5).bookmark?.title).toBe("red car");
  expect(under(LANE, 27, 7).bookmark?.title).toBe("fight");
  expect(under(LANE, 10, 5).bookmark).toBeUndefined();
  expect(under(LANE, 84, 5).events?.count).toBe(3);
});

test("a marked range is caught anywhere inside", () => {
  expect(under(LANE, 45, 0).bookmark?.title).toBe("fight");
});

test("usual activity is a third of the height and nothing goes beyond the lane", () => {
  expect([0, 1, 3, 90].map(activityHeight)).toEqual([0, 1 / 3, 1, 1]);
});

test("a lane of the server becomes one to draw: open gaps end now, per cents become shares", () => {
  const answer = { start: 0, end: 100, now: 90, bucket_start: 5, bucket: 10, with_events: true, cameras: [] };
  const lane = laneOf(
    {
      camera_id: 1,
      spans: [[0, 60]],
      gaps: [{ start: 60, end: null, cause: "stalled", detail: "", count: 1 }],
      locks: [{ lock_id: 7, case_number: "LP/7", start: 1, end: 2 }],
      bookmarks: [{ bookmark_id: 3, at: 4, end: null, title: "x", count: 1 }],
      events: [{ at: 6, kind: "motion", count: 2 }],
      activity: [100, null, 250],
      usual_bitrate: 1_000,
    },
    answer,
  );
  expect(lane.gaps[0]).toMatchObject({ start: 60, end: 90 });
  expect(lane.bookmarks[0]).toMatchObject({ start: 4, end: 4 });
  expect(lane.activity).toEqual({ start: 5, step: 10, levels: [1, null, 2.5] });
});
