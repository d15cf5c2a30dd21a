/**
 * What a tile says: from what the player, the recorder and the connection tell, one state, one
 * title, one reason. A tile without a moving picture always has a title.
 */

import { ApiError } from "../api/client";
import type { StreamName, StreamState } from "../api/types";
import type { Micros } from "../pure/walltime";
import { causeWords, errorWords } from "../words/problems";
import { isKey, say } from "../words/words";
import type { PlayState, StateMessage } from "./control";
import type { PeerPhase } from "./peer";

export interface TileFacts {
  readonly phase: PeerPhase | "off";
  readonly play?: StateMessage | undefined;
  /** What the recorder says of the camera's streams. */
  readonly signal?: StreamState | undefined;
  readonly enabled: boolean;
  readonly error?: unknown;
  /** Whole seconds until the next try. */
  readonly retryIn?: number | undefined;
  /** Set when pictures should come and do not: the time of the last one. */
  readonly frozenAt?: Micros | undefined;
  /** Whether a picture of this session was ever shown. */
  readonly pictured: boolean;
}

/** The value of `data-state`, for tests and styles. */
export type TileState = PlayState | "off" | "connecting" | "down" | "frozen" | "lost" | "refused";

export interface TileWords {
  readonly state: TileState;
  /** One or two words for the caption and the screen reader. */
  readonly word: string;
  /** Over the picture, when there is none to see or it is not what it seems. */
  readonly title?: string;
  readonly reason?: string;
  /** One line at the foot of a running picture. */
  readonly note?: string;
  readonly stream?: StreamName | undefined;
}

type Moment = (wall: Micros) => string;

export function tileWords(facts: TileFacts, moment: Moment): TileWords {
  const { phase, play, signal, enabled } = facts;
  const archive = play !== undefined && ["playing", "paused", "gap", "ended"].includes(play.state);
  if (!enabled && !archive) return told("down", "condition.disabled", say("state.disabled"));
  if (phase === "refused") return refused(facts);
  if (phase === "lost") return lost(facts);
  if (signal !== undefined && signal.condition === "down" && !archive)
    return noSignal(signal, moment);
  if (phase !== "on" || play === undefined) {
    if (phase === "off") return told("off", "state.off", say("state.off"));
    return told("connecting", "state.connecting", say("state.connecting"));
  }
  return playing(facts, play, moment);
}

function playing(facts: TileFacts, play: StateMessage, moment: Moment): TileWords {
  const stream = play.stream;
  const word = say(`state.${play.state === "unplayable" ? "unplayable" : play.state}`);
  switch (play.state) {
    case "live":
    case "playing":
      return { state: play.state, word, stream, ...running(facts, play, moment) };
    case "paused":
      return { state: "paused", word, stream, ...noteOf(facts, play) };
    case "gap":
      return { state: "gap", word, stream, title: word, reason: gapReason(play, moment) };
    case "ended":
      return { state: "ended", word, stream, title: word };
    case "waiting":
      return { state: "waiting", word, title: word, reason: causeWords(play.cause) };
    case "unplayable":
      return { state: "unplayable", word, title: word, reason: unplayable(play.detail ?? "") };
  }
}

function running(facts: TileFacts, play: StateMessage, moment: Moment): Partial<TileWords> {
  if (!facts.pictured) return { title: say("state.waiting") };
  if (facts.frozenAt !== undefined)
    return { state: "frozen", title: say("state.frozen", { time: moment(facts.frozenAt) }) };
  return noteOf(facts, play);
}

function noteOf({ signal }: TileFacts, play: StateMessage): Partial<TileWords> {
  if (play.note !== undefined && isKey(`note.${play.note}`))
    return { note: say(`note.${play.note}` as "note.h265-sub") };
  const arrives = signal?.condition === "recording" || signal?.condition === "watchable";
  if (play.state === "live" && arrives && signal.cause !== null)
    return { note: say("note.notKept", { cause: causeWords(signal.cause) }) };
  return {};
}

function noSignal(signal: StreamState, moment: Moment): TileWords {
  const since = signal.last_picture ?? signal.since;
  return {
    state: "down",
    word: say("condition.down"),
    title: say("state.noSignal", { time: moment(since) }),
    reason: causeWords(signal.cause),
  };
}

function gapReason(play: StateMessage, moment: Moment): string {
  const cause = causeWords(play.cause);
  const from = play.from === undefined ? "" : moment(play.from);
  if (play.until === undefined) return from === "" ? cause : say("state.gapOpen", { cause, from });
  return say("state.gapSpan", { cause, from, until: moment(play.until) });
}

function lost(facts: TileFacts): TileWords {
  const retry =
    facts.retryIn === undefined || facts.retryIn <= 0
      ? say("state.retrying")
      : say("state.retry", { seconds: facts.retryIn });
  const why = facts.error instanceof ApiError ? `${errorWords(facts.error)} ` : "";
  return {
    state: "lost",
    word: say("state.lost"),
    title: say("state.lost"),
    reason: `${why}${retry}`,
  };
}

function refused({ error }: TileFacts): TileWords {
  const gone = error instanceof ApiError && error.status === 404;
  const title = say(gone ? "state.gone" : "state.denied");
  return { state: "refused", word: title, title };
}

const UNPLAYABLE = {
  h265: "state.h265",
  denied: "state.denied",
  "no-stream": "state.noStream",
  empty: "state.empty",
} as const;

function unplayable(detail: string): string {
  return Object.hasOwn(UNPLAYABLE, detail)
    ? say(UNPLAYABLE[detail as keyof typeof UNPLAYABLE])
    : detail;
}

function told(state: TileState, word: "condition.disabled" | "state.off" | "state.connecting", title: string): TileWords {
  return { state, word: say(word), title };
}
