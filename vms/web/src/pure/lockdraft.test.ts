import { expect, test } from "vitest";

import { checkLock, lockIn, type LockDraft } from "./lockdraft";
import { DAY } from "./walltime";

const DRAFT: LockDraft = { case_number: " LP/1 ", reason: " collision ", cameras: [3, 4], expires: "30" };

test("a lock goes to the server as one span for each camera, trimmed, with its last day", () => {
  expect(lockIn(DRAFT, { start: 10.4, end: 20 }, 1_000)).toEqual({
    case_number: "LP/1",
    reason: "collision",
    spans: [{ camera_id: 3, start: 10, end: 20 }, { camera_id: 4, start: 10, end: 20 }],
    expires: 1_000 + 30 * DAY,
  });
  expect(lockIn({ ...DRAFT, expires: "" }, { start: 0, end: 1 }, 0).expires).toBeNull();
});

test("a lock says whose case it is, why, and of what", () => {
  expect(checkLock(DRAFT)).toEqual({});
  expect(checkLock({ case_number: " ", reason: "x", cameras: [], expires: "" })).toEqual({
    case_number: "required",
    reason: "too-short",
    spans: "no-camera",
  });
  expect(checkLock({ ...DRAFT, cameras: Array.from({ length: 65 }, (_, at) => at) })).toEqual({ spans: "many-cameras" });
});
