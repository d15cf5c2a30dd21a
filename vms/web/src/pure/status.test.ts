import { describe, expect, test } from "vitest";

import type { Camera, Policy, StreamState } from "../api/types";
import { cameraDraft, cameraFields, checkCamera, checkUser, userDraft, userFields } from "./drafts";
import { found } from "./search";
import { cameraStatus, streamStatus, worstFirst } from "./status";

const state = (more: Partial<StreamState> = {}): StreamState => ({
  stream_id: 10,
  camera_id: 1,
  role: "main",
  condition: "recording",
  cause: null,
  detail: "",
  since: 100,
  last_picture: 100,
  codec: "avc1.64001f",
  width: 1920,
  height: 1080,
  fps: 25,
  bitrate: 4_000_000,
  ...more,
});
const always: Policy = { when: "always", hours: [], pre_seconds: 10, post_seconds: 30 };
const usual = { audio: false, engine: "auto", transport: "auto", policy: always } as const;
const camera: Camera = {
  id: 1,
  number: 7,
  name: "Simpang Tiga",
  enabled: true,
  retention_days: null,
  priority: 5,
  purposes: ["security"],
  owner_agency: "",
  sign_posted: false,
  contact: "",
  streams: [
    { ...usual, id: 10, role: "main", record: true, url: "rtsp://a/1", username: "u" },
    { ...usual, id: 11, role: "sub", record: false, url: "rtsp://a/2" },
  ],
  states: [],
};

describe("status", () => {
  test("a stream that records in spite of trouble is in trouble", () => {
    expect(streamStatus(state({ cause: "disk-full" }))).toMatchObject({ tone: "bad", word: "trouble" });
  });

  test("a stream that rests as its policy says is well", () => {
    const resting = state({ condition: "watchable", cause: "no-event" });
    expect(streamStatus(resting)).toMatchObject({ tone: "good", word: "resting", cause: "no-event" });
  });

  test("a stream nobody spoke of is unknown", () => {
    expect(streamStatus(undefined).word).toBe("unknown");
  });

  test("a camera is as well as its main stream", () => {
    expect(cameraStatus(camera, [state({ condition: "down", cause: "stalled" })]).word).toBe("down");
    expect(cameraStatus(camera, [state()]).tone).toBe("good");
  });

  test("a sub stream that is down is told, though the main stream records", () => {
    const sub = state({ role: "sub", condition: "down", cause: "stalled" });
    expect(cameraStatus(camera, [state(), sub])).toMatchObject({ tone: "busy", word: "trouble" });
  });

  test("a camera that is switched off is not called down", () => {
    expect(cameraStatus({ ...camera, enabled: false }, []).word).toBe("disabled");
    expect(streamStatus(state({ condition: "down", cause: "disabled" })).tone).toBe("off");
  });

  test("the worst come first, the longest first among them", () => {
    const states = [
      state({ stream_id: 1 }),
      state({ stream_id: 2, condition: "down", since: 50 }),
      state({ stream_id: 3, condition: "connecting" }),
      state({ stream_id: 4, condition: "down", since: 20 }),
    ];
    expect(worstFirst(states, streamStatus).map(({ stream_id }) => stream_id)).toEqual([4, 2, 3, 1]);
  });
});

describe("found", () => {
  const items = [camera, { ...camera, id: 2, number: 17, name: "Pelabuhan Tanjung Laut" }];

  test("by words in any order, case and accents aside", () => {
    expect(found(items, "laut PELAB")).toEqual([items[1]]);
    expect(found(items, "")).toEqual(items);
  });

  test("by number", () => {
    expect(found(items, "17")).toEqual([items[1]]);
  });
});

describe("drafts", () => {
  test("a change sends only what changed", () => {
    const draft = { ...cameraDraft(camera), name: "Simpang Empat " };
    expect(cameraFields(draft, camera)).toEqual({ name: "Simpang Empat" });
  });

  test("an emptied sub address takes the sub stream away", () => {
    expect(cameraFields({ ...cameraDraft(camera), sub_url: " " }, camera)).toEqual({ sub_url: null });
  });

  test("a password is sent only when one was typed", () => {
    expect(cameraFields(cameraDraft(camera), camera)).toEqual({});
    expect(cameraFields({ ...cameraDraft(camera), password: "x" }, camera)).toEqual({ password: "x" });
  });

  test("wrong fields are named with a code each", () => {
    const draft = { ...cameraDraft(undefined), main_url: "ftp://a", number: "-1", retention_days: "many" };
    expect(checkCamera(draft)).toEqual({
      purposes: "no-purpose",
      name: "required",
      main_url: "scheme",
      number: "not-number",
      retention_days: "not-number",
    });
  });

  test("a policy is sent as the server keeps it, and only what changed of it", () => {
    const draft = cameraDraft(camera);
    const rows = [{ days: [0], from: "22:00", until: "06:00" }];
    const changed = cameraFields({ ...draft, main: { ...draft.main, keep: "schedule", rows } }, camera);
    expect(changed).toEqual({
      record_main: true,
      policy: {
        when: "schedule",
        hours: [
          { weekday: 0, start_minute: 1320, end_minute: 1440 },
          { weekday: 1, start_minute: 0, end_minute: 360 },
        ],
        pre_seconds: 10,
        post_seconds: 30,
      },
    });
    const known = { ...camera, streams: [{ ...camera.streams[0]!, policy: changed.policy! }, camera.streams[1]!] };
    expect(cameraDraft(known).main).toMatchObject({ keep: "schedule", rows });
    expect(cameraFields(cameraDraft(known), known)).toEqual({});
  });

  test("what is only watched keeps the policy it had, and main and sub are apart", () => {
    const draft = cameraDraft(camera);
    const both = { ...draft, main: { ...draft.main, keep: "never" as const }, sub: { ...draft.sub, keep: "events" as const, pre: "5" } };
    expect(cameraFields(both, camera)).toEqual({
      record_main: false,
      record_sub: true,
      sub_policy: { ...always, when: "events", pre_seconds: 5 },
    });
  });

  test("a schedule without hours and seconds out of reach are refused beside their fields", () => {
    const draft = { ...cameraDraft(camera), name: "A" };
    const wrong = {
      ...draft,
      main: { ...draft.main, keep: "schedule" as const },
      sub: { ...draft.sub, keep: "events" as const, pre: "61", post: "0", rows: [{ days: [], from: "1:00", until: "2:00" }] },
    };
    expect(checkCamera(wrong)).toEqual({
      "policy.hours": "required",
      "sub_policy.hours": "no-day",
      "sub_policy.pre_seconds": "seconds-before",
      "sub_policy.post_seconds": "seconds-after",
    });
    expect(checkCamera({ ...wrong, sub_url: "", main: draft.main })).toEqual({});
  });

  test("a new user needs a password, a known one may keep theirs", () => {
    expect(checkUser({ ...userDraft(undefined), name: "rina" }, true)).toEqual({ password: "password-short" });
    expect(checkUser({ ...userDraft(undefined), name: "rina" }, false)).toEqual({});
  });

  test("an administrator sees every camera whatever was ticked", () => {
    const draft = { ...userDraft(undefined), role: "administrator" as const, all: false, cameras: [1] };
    expect(userFields(draft).cameras).toBeNull();
    expect(userFields({ ...draft, role: "viewer" }).cameras).toEqual([1]);
  });
});
