/** What lies under the pointer on a lane, in words. */

import { under, type Lane, type LaneGap } from "../pure/lanes";
import type { SiteTime } from "../pure/sitetime";
import type { Micros } from "../pure/walltime";
import { length } from "../words/amounts";
import { causeWords } from "../words/problems";
import { say, sayCode } from "../words/words";

/** Marks first, then locks, then why nothing is recorded. Empty where there is only recording. */
export function laneWords(lane: Lane, time: Micros, reach: number, site: SiteTime): string {
  const { recorded, gap, locks, bookmark, events } = under(lane, time, reach);
  const parts: string[] = [];
  if (bookmark !== undefined) parts.push(counted(say("timeline.bookmark", { title: bookmark.title }), bookmark.count));
  if (events !== undefined) parts.push(counted(eventWords(events.kind), events.count), site.clock(events.start));
  for (const { title } of locks) parts.push(say("timeline.locked", { title }));
  if (!recorded) parts.push(gap === undefined ? say("timeline.noGapReason") : gapWords(gap, site));
  return parts.join(" · ");
}

export function eventWords(kind: string): string {
  return sayCode("event", kind, "event.other", { kind });
}

export function gapWords(gap: LaneGap, site: SiteTime): string {
  const cause = counted(causeWords(gap.cause), gap.count);
  const span = { cause, from: site.clock(gap.start), until: site.clock(gap.end) };
  return `${say("state.gapSpan", span)} · ${length(gap.end - gap.start)}`;
}

function counted(words: string, count: number): string {
  return count > 1 ? `${words} ×${count}` : words;
}
