/** Arithmetic on half-open spans of time. Pure. */

import type { Micros, Span } from "./walltime";

/** The span, of a sorted list without overlaps, in which `time` lies. */
export function spanAt<T extends Span>(spans: readonly T[], time: Micros): T | undefined {
  const index = firstEndingAfter(spans, time);
  const span = spans[index];
  return span !== undefined && span.start <= time ? span : undefined;
}

/** The first span that starts after `time`. */
export function nextAfter<T extends Span>(spans: readonly T[], time: Micros): T | undefined {
  return spans.slice(firstEndingAfter(spans, time)).find((span) => span.start > time);
}

/** The last span that ends at or before `time`. */
export function lastBefore<T extends Span>(spans: readonly T[], time: Micros): T | undefined {
  return spans[firstEndingAfter(spans, time) - 1];
}

/** Sorted union; neighbours not further apart than `slack` become one. */
export function merged(spans: readonly Span[], slack = 0): Span[] {
  const result: { start: Micros; end: Micros }[] = [];
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    const last = result[result.length - 1];
    if (last !== undefined && start <= last.end + slack) last.end = Math.max(last.end, end);
    else if (end > start) result.push({ start, end });
  }
  return result;
}

/** What of `whole` no span covers. `spans`: sorted, without overlaps. */
export function holes(spans: readonly Span[], whole: Span): Span[] {
  const result: Span[] = [];
  let at = whole.start;
  for (const span of spans) {
    if (span.end <= whole.start || span.start >= whole.end) continue;
    if (span.start > at) result.push({ start: at, end: span.start });
    at = Math.max(at, span.end);
  }
  if (at < whole.end) result.push({ start: at, end: whole.end });
  return result;
}

export function ordered(a: Micros, b: Micros): Span {
  return a <= b ? { start: a, end: b } : { start: b, end: a };
}

function firstEndingAfter(spans: readonly Span[], time: Micros): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle] as Span).end > time) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The recorded moment nearest to `time`: itself, or the beginning or the last `slack` of a span. */
export function nearest(spans: readonly Span[], time: Micros, slack: number): Micros | undefined {
  if (spanAt(spans, time) !== undefined) return time;
  const [before, after] = [lastBefore(spans, time), nextAfter(spans, time)];
  const early = before === undefined ? undefined : Math.max(before.start, before.end - slack);
  if (early === undefined || after === undefined) return early ?? after?.start;
  return time - before!.end <= after.start - time ? early : after.start;
}
