/** What stands in one lane of the timeline, and what lies under a moment of it. Pure. */

import type { LaneOut, TimelineOut } from "../api/types";
import { spanAt } from "./spans";
import type { Micros, Span } from "./walltime";

export interface LaneGap extends Span {
  readonly cause: string;
  readonly detail: string;
  /** More than one: they are too short to be told apart at this zoom. */
  readonly count: number;
}

/** Time that an evidence lock keeps. */
export interface LaneLock extends Span {
  readonly id: number;
  readonly title: string;
}

/** `end` equal to `start`: an instant. */
export interface LaneBookmark extends Span {
  readonly title: string;
  /** How many stand at this place; more than one where they would cover each other. */
  readonly count: number;
}

export interface LaneEvents extends Span {
  readonly kind: string;
  readonly count: number;
}

/** Bits recorded against the camera's usual, bucket by bucket: 1 is usual, null: nothing recorded. */
export interface Activity {
  readonly start: Micros;
  readonly step: number;
  readonly levels: readonly (number | null)[];
}

export interface Lane {
  readonly spans: readonly Span[];
  readonly gaps: readonly LaneGap[];
  readonly locks: readonly LaneLock[];
  readonly bookmarks: readonly LaneBookmark[];
  readonly events: readonly LaneEvents[];
  readonly activity: Activity | undefined;
}

export const NOTHING: Lane = { spans: [], gaps: [], locks: [], bookmarks: [], events: [], activity: undefined };

export function laneOf(lane: LaneOut, { now, bucket_start, bucket }: TimelineOut): Lane {
  return {
    spans: lane.spans.map(([start, end]) => ({ start, end })),
    gaps: lane.gaps.map((gap) => ({ ...gap, end: gap.end ?? Math.max(now, gap.start) })),
    locks: lane.locks.map(({ lock_id, case_number, start, end }) => ({ id: lock_id, title: case_number, start, end })),
    bookmarks: lane.bookmarks.map(({ at, end, title, count }) => ({ start: at, end: end ?? at, title, count })),
    events: lane.events.map(({ at, kind, count }) => ({ start: at, end: at, kind, count })),
    activity: activityOf(lane.activity, bucket_start, bucket),
  };
}

/** The server counts in per cent. */
function activityOf(percents: LaneOut["activity"], start: Micros, step: number): Activity | undefined {
  if (!percents.some((each) => each !== null)) return undefined;
  return { start, step, levels: percents.map((each) => (each === null ? null : each / 100)) };
}

/** What the pointer may rest on, besides recording and gap. */
export interface Under {
  readonly recorded: boolean;
  readonly gap: LaneGap | undefined;
  readonly locks: readonly LaneLock[];
  readonly bookmark: LaneBookmark | undefined;
  readonly events: LaneEvents | undefined;
}

/** What lies at `time`; marks are caught within `reach` µs of it. */
export function under(lane: Lane, time: Micros, reach: number): Under {
  return {
    recorded: spanAt(lane.spans, time) !== undefined,
    gap: spanAt(lane.gaps, time),
    locks: lane.locks.filter(({ start, end }) => start <= time && time < end),
    bookmark: closest(lane.bookmarks, time, reach),
    events: closest(lane.events, time, reach),
  };
}

function closest<T extends Span>(marks: readonly T[], time: Micros, reach: number): T | undefined {
  let best: T | undefined;
  let least = reach;
  for (const mark of marks) {
    const away = Math.max(0, mark.start - time, time - Math.max(mark.start, mark.end));
    if (away > least || (best !== undefined && away === least)) continue;
    [best, least] = [mark, away];
  }
  return best;
}

/** Share of a lane's height that stands for this activity: usual is a third, three times it is all. */
export function activityHeight(level: number): number {
  return Math.max(0, Math.min(1, level / 3));
}
