/** What stands in the form of a retention rule, and what of it goes to the server. Pure. */

import type { RetentionFields, RetentionIn, Scope, ScopeOut } from "../api/types";

export interface RuleDraft {
  readonly scope: Scope;
  /** Id of the group or camera; empty while none is chosen. "0": the site. */
  readonly owner: string;
  readonly max_days: string;
  readonly min_days: string;
  /** In GB, with a point or a comma. */
  readonly quota: string;
  readonly event_days: string;
  readonly reason: string;
}

const GB = 1_000_000_000;
const MOST_DAYS = 36_500;
export const SITE_OWNER = "0";

export function ruleDraft(rule: ScopeOut | undefined): RuleDraft {
  const { max_days, min_days, quota_bytes, event_days } = rule?.policy ?? {};
  const text = (value: number | null | undefined) => String(value ?? "");
  return {
    scope: rule?.scope ?? "group",
    owner: rule === undefined ? "" : String(rule.owner_id),
    max_days: text(max_days),
    min_days: text(min_days),
    quota: quota_bytes == null ? "" : String(quota_bytes / GB),
    event_days: text(event_days),
    reason: "",
  };
}

/** What is wrong, as codes of the messages by field. */
export function checkRule(draft: RuleDraft): Record<string, string> {
  const wrong: Record<string, string> = {};
  if (draft.owner === "") wrong["owner_id"] = "required";
  if (!isDays(draft.max_days, 1)) wrong["max_days"] = "not-number";
  if (!isDays(draft.event_days, 1)) wrong["event_days"] = "not-number";
  if (!isDays(draft.min_days, 0)) wrong["min_days"] = "not-number";
  else if (draft.min_days !== "" && draft.max_days !== "" && Number(draft.min_days) > Number(draft.max_days)) wrong["min_days"] = "over-max";
  if (bytesOf(draft.quota) === undefined) wrong["quota_bytes"] = "not-size";
  return wrong;
}

export function retentionIn(draft: RuleDraft): RetentionIn {
  return { scope: draft.scope, owner_id: Number(draft.owner), policy: policyOf(draft), reason: draft.reason.trim() };
}

function policyOf({ max_days, min_days, quota, event_days }: RuleDraft): RetentionFields {
  const days = (text: string) => (text.trim() === "" ? null : Number(text));
  return {
    max_days: days(max_days),
    min_days: days(min_days),
    quota_bytes: bytesOf(quota) ?? null,
    event_days: days(event_days),
  };
}

/** null: nothing is said. undefined: it is no size. */
function bytesOf(text: string): number | null | undefined {
  const plain = text.trim().replace(",", ".");
  if (plain === "") return null;
  if (!/^\d{1,8}(\.\d{1,9})?$/.test(plain)) return undefined;
  return Math.round(Number(plain) * GB);
}

function isDays(text: string, least: number): boolean {
  const plain = text.trim();
  return plain === "" || (/^\d{1,5}$/.test(plain) && Number(plain) >= least && Number(plain) <= MOST_DAYS);
}
