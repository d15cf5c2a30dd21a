/** One word and one colour for a camera and a stream, from what the recorders say. Pure. */

import type { Camera, StreamState } from "../api/types";

export type Tone = "good" | "busy" | "bad" | "off";

export interface Status {
  readonly tone: Tone;
  /** `condition.<word>` of the messages. */
  readonly word: "connecting" | "recording" | "watchable" | "down" | "unknown" | "disabled" | "trouble" | "resting";
  readonly cause: string | null;
  readonly since: number | null;
}

export function streamStatus(state: StreamState | undefined): Status {
  if (state === undefined) return { tone: "off", word: "unknown", cause: null, since: null };
  const { condition, cause, since } = state;
  if (cause === "disabled") return { tone: "off", word: "disabled", cause, since };
  if (condition === "down") return { tone: "bad", word: "down", cause, since };
  if (condition === "connecting") return { tone: "busy", word: "connecting", cause, since };
  if (cause === "schedule" || cause === "no-event") return { tone: "good", word: "resting", cause, since };
  if (cause !== null) return { tone: "bad", word: "trouble", cause, since };
  return { tone: "good", word: condition, cause, since };
}

/** The camera's own word: that of its main stream, unless only the sub stream is in trouble. */
export function cameraStatus(camera: Camera, states: readonly StreamState[]): Status {
  if (!camera.enabled) return { tone: "off", word: "disabled", cause: "disabled", since: null };
  const of = (role: string) => states.find((s) => s.camera_id === camera.id && s.role === role);
  const [main, sub] = [streamStatus(of("main")), of("sub")];
  if (main.tone !== "good" || sub === undefined || sub.condition !== "down") return main;
  return { ...streamStatus(sub), tone: "busy", word: "trouble" };
}

const ORDER: Readonly<Record<Tone, number>> = { bad: 0, busy: 1, off: 2, good: 3 };

/** Worst first; among those in trouble the longest first; the well ones as they came. */
export function worstFirst<T>(items: readonly T[], status: (item: T) => Status): T[] {
  return [...items].sort((a, b) => {
    const [first, second] = [status(a), status(b)];
    const worse = ORDER[first.tone] - ORDER[second.tone];
    return worse || first.tone === "good" ? worse : (first.since ?? 0) - (second.since ?? 0);
  });
}
