import { describe, expect, test } from "vitest";

import { clampPage, grid, neighbour, page, pages, tilesPerPage } from "./layout";

const WALL = { width: 1_600, height: 860 };

describe("grid", () => {
  test.each([
    [1, 1, 1],
    [4, 2, 2],
    [6, 3, 2],
    [9, 3, 3],
    [16, 4, 4],
  ])("%i tiles on a wide wall stand in %i columns and %i rows", (tiles, columns, rows) => {
    expect(grid(tiles, WALL)).toEqual({ columns, rows, scrolls: false });
  });

  test("every tile has a place, on any wall", () => {
    for (let tiles = 1; tiles <= 16; tiles += 1)
      for (const box of [WALL, { width: 958, height: 430 }, { width: 900, height: 1_600 }, { width: 390, height: 400 }]) {
        const { columns, rows } = grid(tiles, box);
        expect(columns * rows).toBeGreaterThanOrEqual(tiles);
        expect((rows - 1) * columns).toBeLessThan(tiles);
      }
  });

  test("a phone shows two columns and scrolls when they are too tall", () => {
    expect(grid(6, { width: 390, height: 420 })).toEqual({ columns: 2, rows: 3, scrolls: false });
    expect(grid(16, { width: 390, height: 420 })).toEqual({ columns: 2, rows: 8, scrolls: true });
  });

  test("a tall wall of two puts them above each other", () => {
    expect(grid(2, { width: 800, height: 1_000 }).columns).toBe(1);
  });
});

test("the automatic layout holds every camera up to sixteen", () => {
  expect(tilesPerPage("auto", 6)).toBe(6);
  expect(tilesPerPage("auto", 400)).toBe(16);
  expect(tilesPerPage("auto", 0)).toBe(1);
  expect(tilesPerPage("9", 400)).toBe(9);
});

test("pages cut the list and never run out of it", () => {
  const items = [1, 2, 3, 4, 5];
  expect(pages(5, 2)).toBe(3);
  expect(page(items, 2, 2)).toEqual([5]);
  expect(page(items, 2, 99)).toEqual([5]);
  expect(page(items, 2, -1)).toEqual([1, 2]);
  expect(pages(0, 4)).toBe(1);
  expect(clampPage(0, 4, 3)).toBe(0);
});

test("arrows move over the wall and stop at its edge", () => {
  expect(neighbour(0, 6, 3, "ArrowRight")).toBe(1);
  expect(neighbour(0, 6, 3, "ArrowDown")).toBe(3);
  expect(neighbour(4, 6, 3, "ArrowUp")).toBe(1);
  expect(neighbour(5, 6, 3, "ArrowRight")).toBe(5);
  expect(neighbour(4, 5, 3, "ArrowDown")).toBe(4);
});
