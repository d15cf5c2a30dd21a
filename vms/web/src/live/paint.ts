/** Draws the timeline on its canvas. Only drawing: what is where comes in as values. */

import type { Scale } from "../pure/scale";
import type { Tick } from "../pure/ticks";
import { holes } from "../pure/spans";
import type { Micros, Span } from "../pure/walltime";
import type { Lane } from "./coverage";

export interface LanePicture {
  readonly label: string;
  readonly lane: Lane;
  readonly selected: boolean;
  readonly playhead: { readonly wall: Micros; readonly mode: "live" | "archive" } | undefined;
}

export interface Picture {
  readonly scale: Scale;
  readonly ticks: readonly Tick[];
  readonly lanes: readonly LanePicture[];
  readonly known: Span | undefined;
  readonly now: Micros;
  readonly marks: { readonly start: Micros | undefined; readonly end: Micros | undefined };
  /** Where the pointer is, and the words for it. */
  readonly pointer: { readonly x: number; readonly label: string } | undefined;
}

export interface Geometry {
  readonly width: number;
  readonly height: number;
  /** Left of the lanes stand their names. */
  readonly gutter: number;
  readonly axis: number;
  readonly laneHeight: number;
}

/** Colours come from the page's custom properties, so that both themes are one set. */
export interface Palette {
  readonly ground: string;
  readonly lane: string;
  readonly line: string;
  readonly text: string;
  readonly muted: string;
  readonly recorded: string;
  readonly hatch: string;
  readonly accent: string;
  readonly live: string;
  readonly archive: string;
  readonly font: string;
}

export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    ground: of("--panel"),
    lane: of("--lane"),
    line: of("--line"),
    text: of("--text"),
    muted: of("--muted"),
    recorded: of("--recorded"),
    hatch: of("--hatch"),
    accent: of("--accent"),
    live: of("--live"),
    archive: of("--archive"),
    font: `13px ${style.fontFamily}`,
  };
}

export function paint(g: CanvasRenderingContext2D, picture: Picture, size: Geometry, palette: Palette): void {
  g.fillStyle = palette.ground;
  g.fillRect(0, 0, size.width, size.height);
  g.font = palette.font;
  g.textBaseline = "middle";
  g.save();
  g.beginPath();
  g.rect(size.gutter, 0, size.width - size.gutter, size.height);
  g.clip();
  g.translate(size.gutter, 0);
  axis(g, picture, size, palette);
  picture.lanes.forEach((lane, index) => paintLane(g, picture, lane, laneBox(size, index), palette));
  marks(g, picture, size, palette);
  nowLine(g, picture, size, palette);
  pointer(g, picture, size, palette);
  picture.lanes.forEach((lane, index) => playhead(g, picture, lane, laneBox(size, index), size, palette));
  g.restore();
  names(g, picture, size, palette);
}

export interface LaneBox {
  readonly y: number;
  readonly height: number;
}

export function laneBox(size: Geometry, index: number): LaneBox {
  return { y: size.axis + index * (size.laneHeight + 1), height: size.laneHeight };
}

function axis(g: CanvasRenderingContext2D, picture: Picture, size: Geometry, palette: Palette): void {
  g.textAlign = "left";
  for (const { time, label, midnight } of picture.ticks) {
    const x = Math.round(picture.scale.x(time)) + 0.5;
    g.strokeStyle = midnight ? palette.muted : palette.line;
    line(g, x, midnight ? 2 : size.axis - 8, x, size.height);
    g.fillStyle = midnight ? palette.text : palette.muted;
    if (x > -2) g.fillText(label, x + 5, size.axis / 2);
  }
}

function paintLane(g: CanvasRenderingContext2D, picture: Picture, lane: LanePicture, box: LaneBox, palette: Palette): void {
  const { scale, known, now } = picture;
  const visible = { start: scale.start, end: Math.min(scale.end, now) };
  if (visible.end > visible.start) {
    g.fillStyle = palette.lane;
    g.fillRect(scale.x(visible.start), box.y, scale.x(visible.end) - scale.x(visible.start), box.height);
  }
  if (known !== undefined) {
    const read = { start: Math.max(known.start, visible.start), end: Math.min(known.end, visible.end) };
    // Before anything is known of a camera there was none: empty, not a gap.
    const begin = Math.min(lane.lane.spans[0]?.start ?? Infinity, lane.lane.gaps[0]?.start ?? Infinity);
    const since = { start: Math.max(read.start, begin), end: read.end };
    for (const hole of since.end > since.start ? holes(lane.lane.spans, since) : [])
      hatch(g, scale, hole, box, palette);
  }
  g.fillStyle = palette.recorded;
  for (const span of lane.lane.spans) {
    const [left, right] = [scale.x(span.start), scale.x(span.end)];
    if (right >= 0 && left <= scale.width)
      g.fillRect(left, box.y + 3, Math.max(1, right - left), box.height - 6);
  }
}

function hatch(g: CanvasRenderingContext2D, scale: Scale, span: Span, box: LaneBox, palette: Palette): void {
  const [left, right] = [Math.max(-8, scale.x(span.start)), Math.min(scale.width + 8, scale.x(span.end))];
  if (right - left < 0.75) return;
  g.save();
  g.beginPath();
  g.rect(left, box.y + 3, right - left, box.height - 6);
  g.clip();
  g.strokeStyle = palette.hatch;
  g.lineWidth = 1;
  g.beginPath();
  // Counted from time, not from the edge, so that the hatch moves with what it covers.
  const phase = ((scale.start / scale.perPixel) % 6 + 6) % 6;
  for (let x = left - box.height - (((left + phase) % 6) + 6) % 6; x < right + 6; x += 6) {
    g.moveTo(x, box.y + box.height);
    g.lineTo(x + box.height, box.y);
  }
  g.stroke();
  g.restore();
}

function marks(g: CanvasRenderingContext2D, { scale, marks: { start, end } }: Picture, size: Geometry, palette: Palette): void {
  if (start !== undefined && end !== undefined) {
    g.globalAlpha = 0.22;
    g.fillStyle = palette.accent;
    g.fillRect(scale.x(start), size.axis, scale.x(end) - scale.x(start), size.height);
    g.globalAlpha = 1;
  }
  g.strokeStyle = palette.accent;
  g.lineWidth = 2;
  for (const [time, side] of [[start, 6], [end, -6]] as const) {
    if (time === undefined) continue;
    const x = scale.x(time);
    g.beginPath();
    g.moveTo(x + side, size.axis + 1);
    g.lineTo(x, size.axis + 1);
    g.lineTo(x, size.height - 1);
    g.lineTo(x + side, size.height - 1);
    g.stroke();
  }
  g.lineWidth = 1;
}

function nowLine(g: CanvasRenderingContext2D, { scale, now }: Picture, size: Geometry, palette: Palette): void {
  const x = Math.round(scale.x(now)) + 0.5;
  g.strokeStyle = palette.live;
  line(g, x, size.axis - 4, x, size.height);
  g.fillStyle = palette.live;
  g.beginPath();
  g.arc(x, size.axis - 5, 3.5, 0, 2 * Math.PI);
  g.fill();
}

function playhead(
  g: CanvasRenderingContext2D,
  { scale }: Picture,
  { playhead: at, selected }: LanePicture,
  box: LaneBox,
  size: Geometry,
  palette: Palette,
): void {
  // Live stands at the now line, which is drawn already.
  if (at === undefined || at.mode === "live") return;
  const x = scale.x(at.wall);
  if (x < -8 || x > scale.width + 8) return;
  g.strokeStyle = palette.archive;
  g.fillStyle = g.strokeStyle;
  g.lineWidth = selected ? 2 : 1.5;
  if (selected) line(g, x, size.axis - 6, x, size.height);
  else line(g, x, box.y, x, box.y + box.height);
  g.lineWidth = 1;
  if (!selected) return;
  g.beginPath();
  g.moveTo(x - 6, size.axis - 13);
  g.lineTo(x + 6, size.axis - 13);
  g.lineTo(x, size.axis - 4);
  g.fill();
}

function pointer(g: CanvasRenderingContext2D, { pointer: at, scale }: Picture, size: Geometry, palette: Palette): void {
  if (at === undefined) return;
  g.strokeStyle = palette.muted;
  line(g, Math.round(at.x) + 0.5, size.axis, Math.round(at.x) + 0.5, size.height);
  const width = g.measureText(at.label).width + 12;
  const left = Math.min(scale.width - width, Math.max(0, at.x - width / 2));
  g.fillStyle = palette.text;
  g.fillRect(left, 1, width, size.axis - 4);
  g.fillStyle = palette.ground;
  g.fillText(at.label, left + 6, (size.axis - 2) / 2);
}

function names(g: CanvasRenderingContext2D, { lanes }: Picture, size: Geometry, palette: Palette): void {
  if (size.gutter === 0) return;
  g.fillStyle = palette.ground;
  g.fillRect(0, 0, size.gutter, size.height);
  lanes.forEach(({ label, selected }, index) => {
    const box = laneBox(size, index);
    if (selected) {
      g.fillStyle = palette.accent;
      g.fillRect(0, box.y, 3, box.height);
    }
    g.fillStyle = selected ? palette.text : palette.muted;
    g.fillText(shortened(g, label, size.gutter - 20), 12, box.y + box.height / 2 + 0.5);
  });
}

function shortened(g: CanvasRenderingContext2D, text: string, width: number): string {
  if (g.measureText(text).width <= width) return text;
  let cut = text.length;
  while (cut > 1 && g.measureText(`${text.slice(0, cut)}…`).width > width) cut -= 1;
  return `${text.slice(0, cut)}…`;
}

function line(g: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  g.beginPath();
  g.moveTo(x1, y1);
  g.lineTo(x2, y2);
  g.stroke();
}
