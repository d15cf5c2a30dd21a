import { expect, test } from "vitest";

import type { Account, StreamDays } from "../api/types";
import { EMPTY, excuses, lost, reasons, share, sum, UNEXPLAINED, verdict, worstFirst } from "./accounts";

const day = (more: Partial<Account>): Account => ({ ...EMPTY, ...more });
const whole = day({ expected: 100, stored: 100 });
const lossy = day({ expected: 100, stored: 60, missing: { stalled: 10, closed: 25 }, unexplained: 5 });
const stream = (id: number, ...days: (Account | null)[]): StreamDays => ({ camera_id: id, stream_id: id, role: "main", days });

test("days add up, those nobody knows count nothing", () => {
  const all = sum([whole, null, lossy, lossy]);
  expect(all).toMatchObject({ expected: 300, stored: 220, missing: { stalled: 20, closed: 50 }, unexplained: 10 });
  expect(lost(all)).toBe(80);
});

test("reasons come with the most first, what nobody explains among them", () => {
  expect(reasons(lossy).map(({ cause }) => cause)).toEqual(["closed", "stalled", UNEXPLAINED]);
  expect(excuses(day({ excused: { schedule: 3, "no-event": 7 } })).map(({ cause }) => cause)).toEqual(["no-event", "schedule"]);
});

test("a share that is not whole is never shown as whole", () => {
  expect(share(day({ expected: 86_400_000_000, stored: 86_399_999_999 }))).toBe(99.99);
  expect(share(whole)).toBe(100);
  expect(share(EMPTY)).toBeUndefined();
});

test("a day is complete, lossy, idle or unknown", () => {
  expect([whole, lossy, day({ excused: { schedule: 9 } }), null].map(verdict)).toEqual(["complete", "lossy", "idle", "unknown"]);
});

test("who lost most comes first, and the well ones in their place", () => {
  const streams = [stream(3, whole), stream(1, whole), stream(2, lossy, null), stream(4, lossy, lossy)];
  expect(worstFirst(streams, ({ camera_id }) => camera_id).map(({ camera_id }) => camera_id)).toEqual([4, 2, 1, 3]);
});
