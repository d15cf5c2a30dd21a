import { expect, test } from "vitest";

import { checkRule, retentionIn, ruleDraft } from "./ruledraft";

const EMPTY = ruleDraft(undefined);

test("a rule comes back from the form as it went in", () => {
  const policy = { max_days: 30, min_days: 7, quota_bytes: 1_500_000_000, event_days: null };
  const draft = ruleDraft({ scope: "group", owner_id: 4, policy });
  expect(draft).toMatchObject({ owner: "4", quota: "1.5" });
  expect(retentionIn({ ...draft, reason: " because " })).toEqual({ scope: "group", owner_id: 4, policy, reason: "because" });
});

test("what is left empty is left to the scope above", () => {
  expect(retentionIn({ ...EMPTY, owner: "0" }).policy).toEqual({ max_days: null, min_days: null, quota_bytes: null, event_days: null });
});

test("a size is taken with a comma as well, and nothing else is a size", () => {
  expect(retentionIn({ ...EMPTY, quota: "0,25" }).policy.quota_bytes).toBe(250_000_000);
  expect(checkRule({ ...EMPTY, owner: "1", quota: "much" })).toEqual({ quota_bytes: "not-size" });
});

test("a least time beyond the most is refused, as are days that are none and a missing owner", () => {
  expect(checkRule({ ...EMPTY, owner: "1", max_days: "7", min_days: "8" })).toEqual({ min_days: "over-max" });
  expect(checkRule({ ...EMPTY, max_days: "0", event_days: "x" })).toEqual({
    owner_id: "required",
    max_days: "not-number",
    event_days: "not-number",
  });
  expect(checkRule({ ...EMPTY, owner: "1", min_days: "0" })).toEqual({});
});
