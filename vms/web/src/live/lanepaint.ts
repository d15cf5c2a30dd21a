/** Draws one lane of the timeline: recording and activity, gaps by cause, locks, bookmarks, events. */

import { gapKind, type GapKind } from "../pure/gapkinds";
import { activityHeight, type Lane } from "../pure/lanes";
import type { Scale } from "../pure/scale";
import { holes, merged } from "../pure/spans";
import type { Micros, Span } from "../pure/walltime";
import type { Palette } from "./palette";

export interface LaneBox {
  readonly y: number;
  readonly height: number;
}

/** What is drawn on, and how. */
export interface Drawing {
  readonly g: CanvasRenderingContext2D;
  readonly scale: Scale;
  readonly palette: Palette;
}

/** The bar stands this far from the lane's edges; events reach over it. */
const INSET = 3;
/** Below this height there is no room to tell activity from recording. */
const LEAST_FOR_ACTIVITY = 16;
/** Height of recording without any activity, as a share of the bar. */
const BASE = 0.4;

export function paintLane(drawing: Drawing, lane: Lane, box: LaneBox, known: Span | undefined, now: Micros): void {
  const { g, scale, palette } = drawing;
  const visible = { start: scale.start, end: Math.min(scale.end, now) };
  if (visible.end <= visible.start) return;
  g.fillStyle = palette.lane;
  fill(drawing, visible, box.y, box.height);
  if (known !== undefined) gaps(drawing, lane, box, clipped(known, visible));
  recorded(drawing, lane, box);
  for (const lock of lane.locks) lockBand(drawing, lock, box);
  for (const mark of lane.events) eventTick(drawing, mark, box);
  for (const mark of lane.bookmarks) bookmarkTick(drawing, mark, box);
}

function clipped(one: Span, other: Span): Span {
  return { start: Math.max(one.start, other.start), end: Math.min(one.end, other.end) };
}

/** Before anything is known of a camera there was none: empty, not a gap. */
function gaps(drawing: Drawing, { spans, gaps: noted }: Lane, box: LaneBox, read: Span): void {
  const begin = Math.min(spans[0]?.start ?? Infinity, noted[0]?.start ?? Infinity);
  const since = { start: Math.max(read.start, begin), end: read.end };
  if (since.end <= since.start) return;
  for (const hole of holes(merged([...spans, ...noted]), since)) patterned(drawing, hole, box, "unknown");
  for (const gap of noted) patterned(drawing, gap, box, gapKind(gap.cause));
}

function patterned(drawing: Drawing, span: Span, box: LaneBox, kind: GapKind): void {
  const { g, scale, palette } = drawing;
  const [left, right] = [Math.max(-8, scale.x(span.start)), Math.min(scale.width + 8, scale.x(span.end))];
  if (right - left < 0.75) return;
  g.fillStyle = palette.gap(kind, scale.start / scale.perPixel, box.y);
  g.fillRect(left, box.y + INSET, right - left, box.height - 2 * INSET);
}

function recorded(drawing: Drawing, lane: Lane, box: LaneBox): void {
  const { g, palette } = drawing;
  const bar = box.height - 2 * INSET;
  const bottom = box.y + INSET + bar;
  const shows = lane.activity !== undefined && box.height >= LEAST_FOR_ACTIVITY;
  const base = shows ? Math.round(bar * BASE) : bar;
  g.fillStyle = shows ? palette.quiet : palette.recorded;
  for (const span of lane.spans) fill(drawing, span, box.y + INSET, bar);
  g.fillStyle = palette.recorded;
  if (shows) for (const span of lane.spans) fill(drawing, span, bottom - base, base);
  if (shows) activity(drawing, lane, bottom - base, bar - base);
}

/** Busy time rises above the base of its recording. */
function activity({ g, scale, palette }: Drawing, lane: Lane, base: number, room: number): void {
  const { start, step, levels } = lane.activity!;
  g.fillStyle = palette.recorded;
  levels.forEach((level, index) => {
    const from = start + index * step;
    if (level === null || from + step < scale.start || from > scale.end) return;
    const [left, right] = [Math.round(scale.x(from)), Math.round(scale.x(from + step))];
    const high = Math.round(room * activityHeight(level));
    g.fillRect(left, base - high, Math.max(1, right - left), high);
  });
}

/** At least one pixel wide, so that nothing that exists vanishes. */
function fill({ g, scale }: Drawing, span: Span, y: number, height: number): void {
  const [left, right] = [Math.max(-8, scale.x(span.start)), Math.min(scale.width + 8, scale.x(span.end))];
  if (right >= 0 && left <= scale.width) g.fillRect(left, y, Math.max(1, right - left), height);
}

function lockBand(drawing: Drawing, lock: Span, box: LaneBox): void {
  const { g, scale, palette } = drawing;
  const [left, right] = [Math.max(-8, scale.x(lock.start)), Math.min(scale.width + 8, scale.x(lock.end))];
  if (right < 0 || left > scale.width) return;
  g.fillStyle = palette.lock;
  g.globalAlpha = 0.25;
  g.fillRect(left, box.y, Math.max(2, right - left), box.height);
  g.globalAlpha = 1;
  g.fillRect(left, box.y + box.height - 3, Math.max(2, right - left), 3);
  if (right - left >= 14) padlock(drawing, Math.max(2, left + 2), box.y + 1);
}

/** 9 × 10 pixels. */
function padlock({ g, palette }: Drawing, x: number, y: number): void {
  g.fillStyle = palette.lane;
  g.fillRect(x - 1, y, 11, 12);
  g.fillStyle = palette.lock;
  g.fillRect(x, y + 5, 9, 6);
  g.strokeStyle = palette.lock;
  g.lineWidth = 1.5;
  g.beginPath();
  g.arc(x + 4.5, y + 4.5, 2.75, Math.PI, 0);
  g.stroke();
  g.lineWidth = 1;
}

/** Taller than the recording, with a head: a shape beside the colour. */
function eventTick({ g, scale, palette }: Drawing, mark: Span, box: LaneBox): void {
  const [left, right] = [scale.x(mark.start), scale.x(mark.end)];
  if (right < -4 || left > scale.width + 4) return;
  g.fillStyle = palette.event;
  g.fillRect(Math.round(left) - 0.5, box.y, Math.max(1.5, right - left), box.height);
  g.beginPath();
  g.moveTo(left - 3, box.y);
  g.lineTo(left + 3.5, box.y);
  g.lineTo(left + 0.25, box.y + 4);
  g.fill();
}

/** A ribbon that hangs from the top of its tick; a line along the top for a marked range. */
function bookmarkTick({ g, scale, palette }: Drawing, mark: Span, box: LaneBox): void {
  const [left, right] = [Math.round(scale.x(mark.start)), scale.x(mark.end)];
  if (right < -8 || left > scale.width + 8) return;
  g.fillStyle = palette.accent;
  g.fillRect(left - 1, box.y, 2, box.height);
  if (right - left > 2) g.fillRect(left, box.y, right - left, 2);
  g.beginPath();
  g.moveTo(left - 1, box.y);
  g.lineTo(left + 7, box.y);
  g.lineTo(left + 7, box.y + 8);
  g.lineTo(left + 3, box.y + 5);
  g.lineTo(left - 1, box.y + 8);
  g.fill();
}
