/** Reads why a receipt says that video went: `max_days 30: group 4`. Pure. */

import type { RetentionFields, Scope } from "../api/types";

export interface Why {
  readonly field: keyof RetentionFields;
  readonly value: number;
  /** null: nobody said anything, it is the program's settings. */
  readonly scope: Scope | null;
  readonly owner: number;
}

const SHAPE = /^(max_days|min_days|event_days|quota_bytes) (\d+): (settings|site|group|camera)(?: (\d+))?$/;

/** undefined: another reason, in the program's own words. */
export function parseWhy(text: string): Why | undefined {
  const [, field, value, scope, owner] = SHAPE.exec(text) ?? [];
  if (field === undefined) return undefined;
  return {
    field: field as Why["field"],
    value: Number(value),
    scope: scope === "settings" ? null : (scope as Scope),
    owner: Number(owner ?? 0),
  };
}
