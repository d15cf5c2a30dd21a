/** Messages of the data channel `control` (docs/design/control.md). */

import type { StreamName } from "../api/types";
import type { ClockPiece } from "../pure/rtpclock";
import type { Micros } from "../pure/walltime";

export type PlayState = "live" | "playing" | "paused" | "gap" | "ended" | "waiting" | "unplayable";

export interface StateMessage {
  readonly ev: "state";
  readonly state: PlayState;
  readonly cause?: string;
  readonly detail?: string;
  readonly from?: Micros;
  readonly until?: Micros;
  readonly stream?: StreamName;
  readonly note?: string;
  readonly speed?: number;
}

export interface ClockMessage extends ClockPiece {
  readonly ev: "clock";
  readonly seek?: Micros;
}

export type FromPlayer = StateMessage | ClockMessage;

export type ToPlayer =
  | { readonly op: "seek"; readonly at: Micros }
  | { readonly op: "live" }
  | { readonly op: "pause" }
  | { readonly op: "play"; readonly speed?: number }
  | { readonly op: "ping"; readonly id: number }
  | { readonly op: "stream"; readonly stream: StreamName };

/** The message in a text frame, or undefined when it is none we know. */
export function parseControl(text: string): FromPlayer | undefined {
  try {
    const message = JSON.parse(text) as FromPlayer;
    return message.ev === "state" || message.ev === "clock" ? message : undefined;
  } catch {
    return undefined;
  }
}
