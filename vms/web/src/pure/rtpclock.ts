/**
 * The clock of the pictures shown: RTP time of a picture to wall time (docs/design/control.md).
 *
 * A piece says `wall = piece.wall + int32(rtp - piece.rtp) * k` and holds from its `rtp` on until the
 * next piece begins. Pieces and pictures travel separately, so a few old pieces are kept. Pure.
 */

import type { Micros } from "./walltime";

export interface ClockPiece {
  readonly rtp: number;
  readonly wall: Micros;
  readonly k: number;
  readonly mode: "live" | "archive";
  /** RTP time of the first picture of a catch-up burst, shown only from `rtp` on. */
  readonly burst?: number;
}

export interface PictureTime {
  readonly wall: Micros;
  readonly mode: "live" | "archive";
  /** True while the picture is only on the way to the wanted one. */
  readonly passing: boolean;
}

const KEPT = 8;

/** Signed difference of two 32-bit RTP times, right across their wrap. */
export function rtpDifference(later: number, earlier: number): number {
  return (later - earlier) | 0;
}

export class RtpClock {
  private pieces: ClockPiece[] = [];

  push(piece: ClockPiece): void {
    this.pieces.push(piece);
    if (this.pieces.length > KEPT) this.pieces.shift();
  }

  clear(): void {
    this.pieces = [];
  }

  /** The time of the picture stamped `rtp`; undefined while no piece covers it. */
  at(rtp: number): PictureTime | undefined {
    for (let index = this.pieces.length - 1; index >= 0; index -= 1) {
      const piece = this.pieces[index] as ClockPiece;
      const ticks = rtpDifference(rtp, piece.rtp);
      if (ticks >= 0) return { wall: wallOf(piece, ticks), mode: piece.mode, passing: false };
      if (piece.burst !== undefined && rtpDifference(rtp, piece.burst) >= 0)
        return { wall: piece.wall, mode: piece.mode, passing: true };
    }
    // Before the first live piece its start burst keeps its original times.
    const first = this.pieces[0];
    if (first === undefined || first.mode !== "live") return undefined;
    return { wall: wallOf(first, rtpDifference(rtp, first.rtp)), mode: "live", passing: false };
  }
}

function wallOf(piece: ClockPiece, ticks: number): Micros {
  return Math.round(piece.wall + ticks * piece.k);
}
