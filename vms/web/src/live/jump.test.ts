import { expect, test } from "vitest";

import type { NearestOut } from "../api/types";
import { NOTHING, type Lane } from "../pure/lanes";
import { SECOND, type Micros } from "../pure/walltime";
import { asked, landing, neighbour } from "./jump";

const S = SECOND;
const NOW = 1_000 * S;
const LANE: Lane = {
  ...NOTHING,
  spans: [{ start: 100 * S, end: 200 * S }, { start: 300 * S, end: 900 * S }],
  gaps: [{ start: 200 * S, end: 300 * S, cause: "stalled", detail: "", count: 1 }],
};
const KNOWN = { start: 50 * S, end: NOW };

test("what is recorded is gone to as it is", () => {
  expect(landing(LANE, KNOWN, 150 * S, NOW)).toBe(150 * S);
});

test("a gap leads to the nearer side: the end of the one before or the beginning of the next", () => {
  expect(landing(LANE, KNOWN, 210 * S, NOW)).toBe(198 * S);
  expect(landing(LANE, KNOWN, 290 * S, NOW)).toBe(300 * S);
});

test("the newest seconds, not yet in the index, are played as they are", () => {
  expect(landing(LANE, KNOWN, 950 * S, NOW)).toBe(950 * S);
});

test("a camera that is down now leads back to its last picture", () => {
  const down = { ...LANE, gaps: [...LANE.gaps, { start: 900 * S, end: NOW, cause: "unreachable", detail: "", count: 1 }] };
  expect(landing(down, KNOWN, 950 * S, NOW)).toBe(898 * S);
});

test("where something nearer may lie outside what was read, the server is asked", () => {
  const alone = { ...LANE, spans: LANE.spans.slice(1) };
  expect(landing(alone, { start: 190 * S, end: NOW }, 200 * S, NOW)).toBe("ask");
  expect(landing(LANE, KNOWN, 20 * S, NOW)).toBe("ask");
  expect(landing(LANE, undefined, 150 * S, NOW)).toBe("ask");
});

function server(answers: Record<number, Partial<NearestOut>>) {
  const nothing: NearestOut = { at: 0, nearest: null, recorded: false, next: null, previous: null, gap: null };
  return { nearest: (_camera: number, at: Micros) => Promise.resolve({ ...nothing, at, ...answers[at] }) };
}

test("the server's nearest is gone to with its reason, a little before an end", async () => {
  const gap = { start: 200, end: 300, cause: "stalled" as const, detail: "", count: 1 };
  expect(await asked(server({ [250 * S]: { nearest: 200 * S, next: 300 * S, gap } }), 1, 250 * S)).toEqual({ at: 198 * S, cause: "stalled" });
  expect(await asked(server({ [290 * S]: { nearest: 300 * S, next: 300 * S, gap } }), 1, 290 * S)).toEqual({ at: 300 * S, cause: "stalled" });
  expect(await asked(server({ [150 * S]: { nearest: 150 * S, recorded: true } }), 1, 150 * S)).toMatchObject({ at: 150 * S });
  expect(await asked(server({ [999 * S]: { nearest: 900 * S } }), 1, 999 * S)).toMatchObject({ at: 999 * S });
});

test("the previous recording is the one before when this one has only just begun", async () => {
  const known = server({
    [400 * S]: { previous: 300 * S, next: 500 * S },
    [301 * S]: { previous: 300 * S },
    [300 * S - 1]: { previous: 100 * S },
  });
  expect(await neighbour(known, 1, 400 * S, -1)).toBe(300 * S);
  expect(await neighbour(known, 1, 400 * S, 1)).toBe(500 * S);
  expect(await neighbour(known, 1, 301 * S, -1)).toBe(100 * S);
  expect(await neighbour(known, 1, 7 * S, 1)).toBeUndefined();
});
