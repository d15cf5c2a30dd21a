/** How many tiles stand beside and above each other on a wall. Pure. */

export const LAYOUTS = ["auto", "1", "4", "6", "9", "16"] as const;
export type Layout = (typeof LAYOUTS)[number];

export interface Grid {
  readonly columns: number;
  readonly rows: number;
  /** True when the tiles together are taller than the wall: it scrolls. */
  readonly scrolls: boolean;
}

export interface Box {
  readonly width: number;
  readonly height: number;
}

/** Height of the caption under each picture, CSS pixels. */
export const CAPTION = 24;
/** The most tiles on one page of the wall. */
export const MOST = 16;
/** Below this width of the wall it is a phone: two columns, scrolled. */
const NARROW = 560;
const ASPECT = 16 / 9;

/** How many tiles one page shows. */
export function tilesPerPage(layout: Layout, cameras: number): number {
  return layout === "auto" ? Math.max(1, Math.min(MOST, cameras)) : Number(layout);
}

/** The grid for `tiles` tiles in `box` that gives each the largest 16:9 picture. */
export function grid(tiles: number, box: Box): Grid {
  const count = Math.max(1, tiles);
  if (box.width < NARROW) return narrow(count, box);
  let best: Grid = { columns: 1, rows: count, scrolls: false };
  let area = 0;
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const width = pictureWidth(box, columns, rows);
    // More columns only when the picture really grows: of equal grids the one with fewer holes wins.
    if (width > area + 0.5) {
      area = width;
      best = { columns, rows, scrolls: false };
    }
  }
  return best;
}

function pictureWidth(box: Box, columns: number, rows: number): number {
  return Math.min(box.width / columns, (box.height / rows - CAPTION) * ASPECT);
}

function narrow(count: number, box: Box): Grid {
  const columns = count <= 2 ? 1 : 2;
  const rows = Math.ceil(count / columns);
  const height = rows * (box.width / columns / ASPECT + CAPTION);
  return { columns, rows, scrolls: height > box.height };
}

/** Cut a list into pages; there is always at least one page. */
export function page<T>(items: readonly T[], perPage: number, index: number): T[] {
  const at = clampPage(items.length, perPage, index);
  return items.slice(at * perPage, (at + 1) * perPage);
}

export function pages(items: number, perPage: number): number {
  return Math.max(1, Math.ceil(items / perPage));
}

export function clampPage(items: number, perPage: number, index: number): number {
  return Math.min(pages(items, perPage) - 1, Math.max(0, index));
}

export type Arrow = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown";

/** The tile an arrow key reaches from tile `index` of `count` in a grid of `columns`. */
export function neighbour(index: number, count: number, columns: number, key: Arrow): number {
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key];
  const next = index + step;
  return next >= 0 && next < count ? next : index;
}
