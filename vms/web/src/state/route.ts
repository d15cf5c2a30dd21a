/** Which screen is open, kept in the address so that reload and back work. */

import { signal } from "@preact/signals";

export const SCREENS = [
  "live",
  "evidence",
  "evidence/bookmarks",
  "health",
  "health/completeness",
  "health/archive",
  "admin/cameras",
  "admin/groups",
  "admin/users",
  "admin/retention",
  "admin/receipts",
] as const;
export type Screen = (typeof SCREENS)[number];

export const screen = signal<Screen>("live");

export function openRoutes(): void {
  const follow = () => {
    const asked = location.hash.replace(/^#\/?/, "");
    screen.value = SCREENS.find((known) => known === asked) ?? "live";
  };
  window.addEventListener("hashchange", follow);
  follow();
}

export function go(to: Screen): void {
  location.hash = `#/${to}`;
}
