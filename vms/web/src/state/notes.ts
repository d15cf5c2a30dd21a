/** Short messages that come and go: said once to the screen reader, gone after a while. */

import { signal } from "@preact/signals";

export interface Note {
  readonly id: number;
  readonly tone: "good" | "bad" | "plain";
  /** Said anew when the language changes. */
  readonly text: () => string;
}

const SHOWN_MS = 6_000;
const MOST = 4;
let next = 1;

export const notes = signal<readonly Note[]>([]);

export function note(text: () => string, tone: Note["tone"] = "plain"): void {
  const added: Note = { id: next++, tone, text };
  notes.value = [...notes.value, added].slice(-MOST);
  setTimeout(() => dismiss(added.id), SHOWN_MS);
}

export function dismiss(id: number): void {
  notes.value = notes.value.filter((each) => each.id !== id);
}
