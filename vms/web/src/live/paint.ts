/** Draws the timeline on its canvas. Only drawing: what is where comes in as values. */

import type { Lane } from "../pure/lanes";
import type { Scale } from "../pure/scale";
import type { Tick } from "../pure/ticks";
import type { Micros, Span } from "../pure/walltime";
import { paintLane, type LaneBox } from "./lanepaint";
import type { Palette } from "./palette";

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
  const drawing = { g, scale: picture.scale, palette };
  picture.lanes.forEach(({ lane }, index) => paintLane(drawing, lane, laneBox(size, index), picture.known, picture.now));
  marks(g, picture, size, palette);
  nowLine(g, picture, size, palette);
  pointer(g, picture, size, palette);
  picture.lanes.forEach((lane, index) => playhead(g, picture, lane, laneBox(size, index), size, palette));
  g.restore();
  names(g, picture, size, palette);
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
