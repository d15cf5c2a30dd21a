/** A moment that another screen sends the person to: the live screen takes it when it opens. */

import { signal } from "@preact/signals";

import type { Micros } from "../pure/walltime";
import { go } from "./route";

export const wanted = signal<{ readonly camera: number; readonly at: Micros } | undefined>(undefined);

export function showMoment(camera: number, at: Micros): void {
  wanted.value = { camera, at };
  go("live");
}
