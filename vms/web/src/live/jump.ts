/**
 * Where to go when the moment asked for is not recorded: to the nearest picture, and the person is told
 * so. What the timeline has read answers at once; only where it ends is the server asked.
 */

import type { Client } from "../api/client";
import type { Lane } from "../pure/lanes";
import { nearest, nextAfter, spanAt } from "../pure/spans";
import { SECOND, type Micros, type Span } from "../pure/walltime";

/** So much of the end of a recording is shown, when it is nearer than the beginning of the next. */
const TAIL = 2 * SECOND;
/** This close to a beginning, the one before it is meant. */
const JUST_BEGUN = 3 * SECOND;

/**
 * `at` itself where it is recorded, or where nothing is known against it: the newest seconds are played
 * before they stand in the index. "ask": only the server knows.
 */
export function landing(lane: Lane, known: Span | undefined, at: Micros, now: Micros): Micros | "ask" {
  if (known === undefined || at < known.start || at >= known.end) return at >= now ? at : "ask";
  if (spanAt(lane.spans, at) !== undefined) return at;
  const gap = spanAt(lane.gaps, at);
  if (gap === undefined && nextAfter(lane.spans, at) === undefined) return at;
  const found = nearest(lane.spans, at, TAIL);
  // Something beyond what was read might be nearer, except in the future.
  const reach = Math.min(at - known.start, known.end >= now - 10 * SECOND ? Infinity : known.end - at);
  return found !== undefined && Math.abs(found - at) <= reach ? found : "ask";
}

export interface Landing {
  readonly at: Micros;
  /** Why the moment itself is not recorded, where that is known. */
  readonly cause: string | undefined;
}

/** The server's word for it; `at` itself where it knows nothing better. */
export async function asked(client: Pick<Client, "nearest">, camera: number, at: Micros): Promise<Landing> {
  const { nearest: found, recorded, next, gap } = await client.nearest(camera, at);
  if (recorded || found === null || (gap === null && next === null)) return { at, cause: undefined };
  return { at: found < at ? found - TAIL : found, cause: gap?.cause };
}

/** Where the next or previous recording begins; undefined when there is none. */
export async function neighbour(client: Pick<Client, "nearest">, camera: number, at: Micros, by: -1 | 1): Promise<Micros | undefined> {
  const { next, previous } = await client.nearest(camera, at);
  if (by === 1) return next ?? undefined;
  if (previous === null || at - previous >= JUST_BEGUN) return previous ?? undefined;
  return (await client.nearest(camera, Math.max(0, previous - 1))).previous ?? undefined;
}
