import { expect, test } from "vitest";

import { id } from "../words/id";
import { gapKind } from "./gapkinds";

test("a rest that was asked for, a camera's trouble and our own look different", () => {
  expect(["schedule", "unreachable", "recorder-off"].map(gapKind)).toEqual(["resting", "camera", "ours"]);
});

test("a cause that nobody knows yet is drawn all the same", () => {
  expect(gapKind("eaten-by-mice")).toBe("unknown");
});

test("every cause with words has a look", () => {
  const causes = Object.keys(id)
    .filter((key) => key.startsWith("cause."))
    .map((key) => key.slice("cause.".length))
    .filter((cause) => !["unknown", "unexplained"].includes(cause));
  expect(causes.filter((cause) => gapKind(cause) === "unknown")).toEqual([]);
});
