import { describe, expect, test } from "vitest";

import { RtpClock, rtpDifference, type ClockPiece } from "./rtpclock";

const WALL = 1_795_000_000_000_000;
const K = 100 / 9;
const piece = (rtp: number, more: Partial<ClockPiece> = {}): ClockPiece => ({
  rtp,
  wall: WALL,
  k: K,
  mode: "live",
  ...more,
});

describe("RtpClock", () => {
  test("says nothing before the first piece", () => {
    expect(new RtpClock().at(1)).toBeUndefined();
  });

  test("90,000 ticks are one second", () => {
    const clock = new RtpClock();
    clock.push(piece(1_000));
    expect(clock.at(91_000)).toEqual({ wall: WALL + 1_000_000, mode: "live", passing: false });
  });

  test("goes on across the wrap of 32 bits", () => {
    const clock = new RtpClock();
    clock.push(piece(0xffff_fff0));
    expect(clock.at(0x10)?.wall).toBe(WALL + Math.round(32 * K));
  });

  test("a live start burst keeps its original times before the first piece", () => {
    const clock = new RtpClock();
    clock.push(piece(90_000));
    expect(clock.at(0)?.wall).toBe(WALL - 1_000_000);
  });

  test("before the first archive piece nothing is known", () => {
    const clock = new RtpClock();
    clock.push(piece(90_000, { mode: "archive" }));
    expect(clock.at(0)).toBeUndefined();
  });

  test("a piece holds until the next begins, whichever comes first, piece or picture", () => {
    const clock = new RtpClock();
    clock.push(piece(0));
    clock.push(piece(900_000, { wall: 5_000_000, mode: "archive" }));
    expect(clock.at(899_999)?.mode).toBe("live");
    expect(clock.at(900_000)).toEqual({ wall: 5_000_000, mode: "archive", passing: false });
  });

  test("pictures of a catch-up burst are on the way, not there", () => {
    const clock = new RtpClock();
    clock.push(piece(0));
    clock.push(piece(10_000, { wall: 7, mode: "archive", burst: 9_000 }));
    expect(clock.at(9_500)).toEqual({ wall: 7, mode: "archive", passing: true });
    expect(clock.at(10_000)).toEqual({ wall: 7, mode: "archive", passing: false });
    expect(clock.at(8_999)?.mode).toBe("live");
  });

  test("twice the speed is twice the wall time for a tick", () => {
    const clock = new RtpClock();
    clock.push(piece(0, { k: 2 * K, mode: "archive" }));
    expect(clock.at(90_000)?.wall).toBe(WALL + 2_000_000);
  });

  test("keeps a bounded number of pieces", () => {
    const clock = new RtpClock();
    for (let n = 0; n < 1_000; n += 1) clock.push(piece(n * 1_000, { mode: "archive" }));
    expect(clock.at(991_000)).toBeUndefined();
    expect(clock.at(999_500)).toBeDefined();
  });
});

test("the difference of RTP times is signed and wraps", () => {
  expect(rtpDifference(5, 10)).toBe(-5);
  expect(rtpDifference(5, 0xffff_ffff)).toBe(6);
  expect(rtpDifference(0x8000_0000, 0)).toBe(-0x8000_0000);
});
