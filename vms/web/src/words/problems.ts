/** Errors, causes and node problems in words. */

import { ApiError } from "../api/client";
import type { NodeState } from "../api/types";
import { isKey, say, sayCode, type Fill } from "./words";

/** What went wrong, in the page's language; the server's own words where ours end. */
export function errorWords(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error);
  const { problem, kind } = error;
  if (problem.errors?.some(({ field, message }) => field === "purposes" && message === "required")) return say("error.noPurpose");
  if (problem.cause !== undefined) return causeWords(problem.cause);
  return sayCode("error", kind, "error.other", {
    status: problem.status,
    detail: problem.detail ?? problem.title ?? "",
  });
}

/** Why there is no video. The recorder's own detail is in one language and for who repairs. */
export function causeWords(cause: string | null | undefined): string {
  return sayCode("cause", cause ?? "unknown", "cause.unknown");
}

/** One line for each thing that is wrong with a node. `moment` writes a time. */
export function nodeProblems(state: NodeState, moment: (wall: number) => string): string[] {
  const { node, role, problems } = state;
  if (state.lost === true) {
    const since = state.at ?? problems[0]?.since;
    const time = since === undefined ? "?" : moment(since);
    return [sayCode("problem.lost", role, "problem.lost.other", { node, time })];
  }
  return problems.map(({ code, since }) => {
    const words = sayCode("problem", code, "problem.other", { node, code });
    return `${words} (${say("problem.since", { time: moment(since) })})`;
  });
}

/** The words for a field's error code; the server's own where ours end. */
export function fieldWords(code: string | undefined, fill: Fill = {}): string | undefined {
  if (code === undefined) return undefined;
  const key = `field.${code}`;
  return isKey(key) ? say(key, fill) : code;
}
