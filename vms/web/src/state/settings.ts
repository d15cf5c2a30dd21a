/** What this browser remembers of its person: language, theme, layout. Lost storage costs nothing. */

import { effect, signal } from "@preact/signals";

import { LAYOUTS, type Layout } from "../pure/layout";
import { language, type Language } from "../words/words";

export type Theme = "dark" | "light";

export const theme = signal<Theme>(read("theme", ["dark", "light"]) ?? "dark");
export const layout = signal<Layout>(read("layout", LAYOUTS) ?? "auto");
/** On a narrow screen the wall comes first; a wide one has room for both. */
export const listShown = signal(
  (read("list", ["shown", "hidden"]) ?? (window.innerWidth < 900 ? "hidden" : "shown")) === "shown",
);

/** Whether the person chose a language here; otherwise the site's counts. */
let chosen = false;

export function openSettings(): void {
  const saved = read("language", ["id", "en"]);
  if (saved !== undefined) chooseLanguage(saved);
  effect(() => {
    document.documentElement.lang = language.value;
  });
  effect(() => {
    document.documentElement.dataset["theme"] = theme.value;
    write("theme", theme.value);
  });
  effect(() => write("layout", layout.value));
  effect(() => write("list", listShown.value ? "shown" : "hidden"));
}

export function chooseLanguage(chosenLanguage: Language): void {
  chosen = true;
  language.value = chosenLanguage;
  write("language", chosenLanguage);
}

/** The site's language, unless the person chose one. */
export function siteLanguage(code: string): void {
  if (!chosen && (code === "id" || code === "en")) language.value = code;
}

function read<T extends string>(key: string, allowed: readonly T[]): T | undefined {
  try {
    const value = localStorage.getItem(`matakota.${key}`);
    return allowed.find((candidate) => candidate === value);
  } catch {
    return undefined;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(`matakota.${key}`, value);
  } catch {
    // A browser without storage works for this session.
  }
}
