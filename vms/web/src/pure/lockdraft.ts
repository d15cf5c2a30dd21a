/** What stands in the form of an evidence lock, and what of it goes to the server. Pure. */

import type { LockIn } from "../api/types";
import { DAY, type Micros, type Span } from "./walltime";

/** Days until it expires; empty: until somebody releases it. */
export const EXPIRIES = ["", "30", "90", "180", "365"] as const;

export interface LockDraft {
  readonly case_number: string;
  readonly reason: string;
  readonly cameras: readonly number[];
  readonly expires: (typeof EXPIRIES)[number];
}

export const SHORTEST_REASON = 3;
/** What the server takes in one lock. */
export const MOST_SPANS = 64;

/** What is wrong, as codes of the messages by field. */
export function checkLock({ case_number, reason, cameras }: LockDraft): Record<string, string> {
  const wrong: Record<string, string> = {};
  if (case_number.trim() === "") wrong["case_number"] = "required";
  if (reason.trim() === "") wrong["reason"] = "required";
  else if (reason.trim().length < SHORTEST_REASON) wrong["reason"] = "too-short";
  if (cameras.length === 0) wrong["spans"] = "no-camera";
  else if (cameras.length > MOST_SPANS) wrong["spans"] = "many-cameras";
  return wrong;
}

export function lockIn(draft: LockDraft, { start, end }: Span, now: Micros): LockIn {
  return {
    case_number: draft.case_number.trim(),
    reason: draft.reason.trim(),
    spans: draft.cameras.map((camera_id) => ({ camera_id, start: Math.round(start), end: Math.round(end) })),
    expires: draft.expires === "" ? null : Math.round(now + Number(draft.expires) * DAY),
  };
}
