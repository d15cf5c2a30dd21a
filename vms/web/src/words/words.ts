/** Says messages in the language of the moment. Whoever reads `language` follows its change. */

import { signal } from "@preact/signals";

import { en } from "./en";
import { id } from "./id";

export type MessageKey = keyof typeof id;
export type Language = "id" | "en";
export type Fill = Readonly<Record<string, string | number>>;

const CATALOGUES: Readonly<Record<Language, Readonly<Record<MessageKey, string>>>> = { id, en };

export const language = signal<Language>("id");

/** The message in the language of the page, with `{name}` filled in. */
export function say(key: MessageKey, fill: Fill = {}): string {
  return fillIn(CATALOGUES[language.value][key], fill);
}

/** The message `prefix.code` where there is one, else `prefix.otherwise`. */
export function sayCode(prefix: string, code: string, otherwise: MessageKey, fill: Fill = {}): string {
  const key = `${prefix}.${code}`;
  return say(isKey(key) ? key : otherwise, fill);
}

export function isKey(key: string): key is MessageKey {
  return Object.hasOwn(id, key);
}

export function fillIn(text: string, fill: Fill): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(fill[name] ?? whole));
}

/** The language's tag for Intl and the `lang` attribute. */
export function locale(): string {
  return language.value === "en" ? "en-GB" : "id-ID";
}
