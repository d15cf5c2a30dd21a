import { beforeEach, describe, expect, test } from "vitest";

import { ApiError } from "../api/client";
import type { StreamState } from "../api/types";
import { language } from "../words/words";
import type { PlayState } from "./control";
import { parseControl } from "./control";
import { tileWords, type TileFacts } from "./tilewords";

const moment = (wall: number) => `t${wall}`;
const facts = (more: Partial<TileFacts> = {}): TileFacts => ({
  phase: "on",
  play: { ev: "state", state: "live", stream: "sub" },
  enabled: true,
  pictured: true,
  ...more,
});
const down: StreamState = {
  stream_id: 1, camera_id: 1, role: "sub", condition: "down", cause: "bad-password", detail: "", since: 5,
  last_picture: 4, codec: "", width: 0, height: 0, fps: 0, bitrate: 0,
};
const say = (more: Partial<TileFacts>) => tileWords(facts(more), moment);

beforeEach(() => {
  language.value = "en";
});

describe("a tile is never silently black", () => {
  const states: PlayState[] = ["live", "playing", "paused", "gap", "ended", "waiting", "unplayable"];
  const phases: TileFacts["phase"][] = ["off", "connecting", "on", "lost", "refused"];

  test("without a picture it has a title in every state but one that stands on a still", () => {
    for (const phase of phases)
      for (const state of states) {
        const words = say({ phase, play: { ev: "state", state }, pictured: false });
        expect([phase, state, words.title ?? words.word]).not.toContain("");
        if (state !== "paused" || phase !== "on") expect(words.title).toBeTruthy();
      }
  });

  test("with moving pictures nothing stands over them", () => {
    expect(say({}).title).toBeUndefined();
    expect(say({ play: { ev: "state", state: "playing" } }).title).toBeUndefined();
  });
});

test("no signal says since when and why", () => {
  expect(say({ signal: down })).toMatchObject({
    state: "down",
    title: "No signal since t4",
    reason: "camera refused the password: not tried again until it is changed",
  });
});

test("the archive of a camera that is down plays on", () => {
  expect(say({ signal: down, play: { ev: "state", state: "playing" } }).state).toBe("playing");
});

test("a gap says from when to when and why", () => {
  const play = { ev: "state", state: "gap", cause: "unreachable", from: 1, until: 2 } as const;
  expect(say({ play })).toMatchObject({ state: "gap", reason: "camera cannot be reached, t1–t2" });
});

test("a lost connection counts down to the next try", () => {
  const words = say({ phase: "lost", retryIn: 3, error: new ApiError({ status: 503, kind: "unavailable", detail: "no player" }) });
  expect(words.reason).toContain("no player");
  expect(words.reason).toContain("Trying again in 3 s");
});

test("a picture that stands still is said to", () => {
  expect(say({ frozenAt: 9 })).toMatchObject({ state: "frozen", title: "The picture stands still since t9" });
});

test("H.265 shown as the sub stream carries a note, not a cover", () => {
  const words = say({ play: { ev: "state", state: "live", stream: "sub", note: "h265-sub" } });
  expect(words.note).toContain("H.265");
  expect(words.title).toBeUndefined();
});

test("a picture that is not kept says so", () => {
  const signal = { ...down, condition: "recording", cause: "disk-full" } as const;
  expect(say({ signal }).note).toBe("Visible, but not recorded: disk full");
});

test("a camera that is gone and a right that is missing are told apart", () => {
  expect(say({ phase: "refused", error: new ApiError({ status: 404 }) }).title).toBe("This camera was removed");
  expect(say({ phase: "refused", error: new ApiError({ status: 403 }) }).title).toBe("You have no right to see this");
});

test("control messages that are none are let go", () => {
  expect(parseControl("{")).toBeUndefined();
  expect(parseControl('{"ev":"pong","id":1}')).toBeUndefined();
  expect(parseControl('{"ev":"state","state":"live"}')).toEqual({ ev: "state", state: "live" });
});
