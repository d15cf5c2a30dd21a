/** The timeline's colours and patterns, from the page's custom properties: both themes are one set. */

import type { GapKind } from "../pure/gapkinds";

export interface Palette {
  readonly ground: string;
  readonly lane: string;
  readonly line: string;
  readonly text: string;
  readonly muted: string;
  readonly recorded: string;
  readonly quiet: string;
  readonly accent: string;
  readonly live: string;
  readonly archive: string;
  readonly lock: string;
  readonly event: string;
  readonly font: string;
  /** The fill of a gap. `phase`: pixels by which the time at the left edge is beyond 0; `y` of the lane. */
  gap(kind: GapKind, phase: number, y: number): CanvasPattern | string;
}

/** Side of a pattern's square, CSS pixels. */
const TILE = 6;

export function paletteOf(canvas: HTMLCanvasElement): Palette {
  const style = getComputedStyle(canvas);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    ground: of("--panel"),
    lane: of("--lane"),
    line: of("--line"),
    text: of("--text"),
    muted: of("--muted"),
    recorded: of("--recorded"),
    quiet: of("--quiet"),
    accent: of("--accent"),
    live: of("--live"),
    archive: of("--archive"),
    lock: of("--lock"),
    event: of("--event"),
    font: `13px ${style.fontFamily}`,
    gap: gapFills(of("--lane"), of("--hatch"), of("--fault")),
  };
}

function gapFills(lane: string, hatch: string, fault: string): Palette["gap"] {
  const ratio = window.devicePixelRatio || 1;
  const looks: Record<GapKind, CanvasPattern | null> = {
    camera: pattern(ratio, hatch, rising),
    ours: pattern(ratio, fault, (g) => (rising(g), falling(g))),
    resting: pattern(ratio, hatch, dotted),
    unknown: pattern(ratio, hatch, falling),
  };
  return (kind, phase, y) => {
    // Counted from time, not from the edge, so that the pattern moves with what it covers.
    const shift = -(((phase % TILE) + TILE) % TILE);
    looks[kind]?.setTransform(new DOMMatrix().translate(shift, y).scale(TILE / Math.round(TILE * ratio)));
    return looks[kind] ?? lane;
  };
}

type Draw = (g: CanvasRenderingContext2D) => void;

function pattern(ratio: number, colour: string, draw: Draw): CanvasPattern | null {
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(TILE * ratio);
  const g = tile.getContext("2d");
  if (g === null) return null;
  g.scale(tile.width / TILE, tile.height / TILE);
  g.strokeStyle = colour;
  g.fillStyle = colour;
  draw(g);
  return g.createPattern(tile, "repeat");
}

function rising(g: CanvasRenderingContext2D): void {
  diagonals(g);
}

function falling(g: CanvasRenderingContext2D): void {
  g.translate(TILE, 0);
  g.scale(-1, 1);
  diagonals(g);
}

/** Drawn thrice, so that the corners of neighbouring tiles meet. */
function diagonals(g: CanvasRenderingContext2D): void {
  g.beginPath();
  for (const from of [-TILE, 0, TILE]) {
    g.moveTo(from, TILE);
    g.lineTo(from + TILE, 0);
  }
  g.stroke();
}

function dotted(g: CanvasRenderingContext2D): void {
  g.fillRect(2, 2, 1.5, 1.5);
}
