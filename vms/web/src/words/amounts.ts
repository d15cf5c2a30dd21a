/** Lengths of time, sizes and rates in words of the page's language. */

import { SECOND } from "../pure/walltime";
import { locale, say } from "./words";

/** `2 h 5 min`, `41 s`: the two largest units that matter. */
export function length(micros: number): string {
  const seconds = Math.max(0, Math.round(micros / SECOND));
  if (micros < 10 * SECOND && micros % SECOND !== 0)
    return say("unit.seconds", { count: number(micros / SECOND, micros < SECOND ? 2 : 1) });
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  const parts = [
    days > 0 ? say("unit.days", { count: days }) : "",
    hours > 0 ? say("unit.hours", { count: hours }) : "",
    minutes > 0 ? say("unit.minutes", { count: minutes }) : "",
    seconds % 60 > 0 || seconds === 0 ? say("unit.seconds", { count: seconds % 60 }) : "",
  ];
  return parts.filter((part) => part !== "").slice(0, 2).join(" ");
}

export function bitrate(bits: number): string {
  if (bits < 1_000) return say("unit.bps", { count: number(bits, 0) });
  if (bits < 1_000_000) return say("unit.kbps", { count: number(bits / 1_000, 0) });
  return say("unit.mbps", { count: number(bits / 1_000_000, 1) });
}

export function size(bytes: number): string {
  if (bytes < 1_000_000) return say("unit.kB", { count: number(bytes / 1_000, 0) });
  if (bytes < 1_000_000_000) return say("unit.MB", { count: number(bytes / 1_000_000, 1) });
  if (bytes < 1_000_000_000_000) return say("unit.GB", { count: number(bytes / 1_000_000_000, 2) });
  return say("unit.TB", { count: number(bytes / 1_000_000_000_000, 2) });
}

export function number(value: number, digits: number): string {
  return value.toLocaleString(locale(), {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** A day of the week in the page's language; 0 is Monday. */
export function weekday(day: number, form: "short" | "long"): string {
  const monday = Date.UTC(2024, 0, 1);
  return new Intl.DateTimeFormat(locale(), { weekday: form, timeZone: "UTC" }).format(monday + day * 86_400_000);
}

/** `November 2026` in the page's language. */
export function monthName({ year, month }: { readonly year: number; readonly month: number }): string {
  const format = new Intl.DateTimeFormat(locale(), { month: "long", year: "numeric", timeZone: "UTC" });
  return format.format(Date.UTC(year, month - 1, 1));
}

/** `H.264` for `avc1.64001f`: the name people know an RFC 6381 codec string by. */
export function codecName(codec: string): string {
  if (/^avc[13]\b/i.test(codec)) return "H.264";
  return /^(hvc1|hev1)\b/i.test(codec) ? "H.265" : codec;
}
