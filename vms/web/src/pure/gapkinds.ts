/** Whose doing a gap is: decides how it looks, beside the words that say its cause. Pure. */

/**
 * `resting`: nothing was to be recorded. `camera`: the camera or the way to it. `ours`: recorder,
 * disk, store or clock. `unknown`: nobody noted why.
 */
export type GapKind = "resting" | "camera" | "ours" | "unknown";

const KINDS: Readonly<Record<string, GapKind>> = {
  schedule: "resting",
  "no-event": "resting",
  disabled: "resting",
  connecting: "camera",
  unreachable: "camera",
  "bad-password": "camera",
  untrusted: "camera",
  "bad-url": "camera",
  unsupported: "camera",
  stalled: "camera",
  closed: "camera",
  protocol: "camera",
  "disk-full": "ours",
  "disk-fault": "ours",
  "spool-full": "ours",
  "store-full": "ours",
  "recorder-off": "ours",
  "clock-step": "ours",
};

export const GAP_KINDS = ["camera", "ours", "resting", "unknown"] as const satisfies readonly GapKind[];

export function gapKind(cause: string): GapKind {
  return KINDS[cause] ?? "unknown";
}
