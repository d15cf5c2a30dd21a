import { expect, test } from "vitest";

import { parseWhy } from "./why";

test("who let it go is read from a receipt", () => {
  expect(parseWhy("max_days 30: group 4")).toEqual({ field: "max_days", value: 30, scope: "group", owner: 4 });
  expect(parseWhy("quota_bytes 5000: site")).toEqual({ field: "quota_bytes", value: 5000, scope: "site", owner: 0 });
  expect(parseWhy("event_days 9: settings")?.scope).toBeNull();
});

test("other reasons stay as they are written", () => {
  expect(parseWhy("moved to tier 1")).toBeUndefined();
  expect(parseWhy("max_days: site")).toBeUndefined();
});
