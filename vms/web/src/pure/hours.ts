/**
 * Hours of the week as people write them (days, from, until; a night over midnight is one row) and as
 * the server keeps them (windows of one day, in minutes). Pure.
 */

import type { Window } from "../api/types";

/** `days` 0 is Monday. `from`, `until` as `08:00`; `until` at or before `from` is the next day. */
export interface HoursRow {
  readonly days: readonly number[];
  readonly from: string;
  readonly until: string;
}

export const DAY_MINUTES = 1440;
export const WORKDAY: HoursRow = { days: [0, 1, 2, 3, 4], from: "08:00", until: "17:00" };

/** `8:00`, `08:00`, `0800` and `24:00` as minutes of the day; undefined: no time. */
export function minuteOf(text: string): number | undefined {
  const [, hours, minutes] = /^([01]?\d|2[0-4])[:.]?([0-5]\d)$/.exec(text.trim()) ?? [];
  if (hours === undefined || minutes === undefined) return undefined;
  const minute = Number(hours) * 60 + Number(minutes);
  return minute <= DAY_MINUTES ? minute : undefined;
}

export function timeOf(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

/** What is wrong with a row, as a code of the messages. */
export function checkRow({ days, from, until }: HoursRow): string | undefined {
  const [start, end] = [minuteOf(from), minuteOf(until)];
  if (days.length === 0) return "no-day";
  if (start === undefined || end === undefined || start === DAY_MINUTES) return "clock";
  return start === end ? "empty-hours" : undefined;
}

/** What the rows mean; those with a mistake mean nothing. In order, those that touch joined. */
export function windowsOf(rows: readonly HoursRow[]): Window[] {
  return joined(rows.filter((row) => checkRow(row) === undefined).flatMap(windowsOfRow));
}

function windowsOfRow({ days, from, until }: HoursRow): Window[] {
  const [start, end] = [minuteOf(from)!, minuteOf(until)!];
  if (end > start) return days.map((weekday) => made(weekday, start, end));
  return days.flatMap((weekday) => {
    const evening = made(weekday, start, DAY_MINUTES);
    return end === 0 ? [evening] : [evening, made((weekday + 1) % 7, 0, end)];
  });
}

function made(weekday: number, start_minute: number, end_minute: number): Window {
  return { weekday, start_minute, end_minute };
}

function joined(windows: readonly Window[]): Window[] {
  const ordered = [...windows].sort((a, b) => a.weekday - b.weekday || a.start_minute - b.start_minute);
  const result: Window[] = [];
  for (const each of ordered) {
    const last = result.at(-1);
    if (last !== undefined && last.weekday === each.weekday && each.start_minute <= last.end_minute)
      result[result.length - 1] = made(last.weekday, last.start_minute, Math.max(last.end_minute, each.end_minute));
    else result.push(each);
  }
  return result;
}

/** Windows as rows: nights put together again, days with the same hours in one row. */
export function rowsOf(windows: readonly Window[]): HoursRow[] {
  const mornings = new Map<number, Window>();
  for (const each of windows)
    if (each.start_minute === 0 && each.end_minute < DAY_MINUTES) mornings.set(each.weekday, each);
  const used = new Set<Window>();
  const spans: { weekday: number; from: number; until: number }[] = [];
  for (const each of windows) {
    if (each.end_minute !== DAY_MINUTES || each.start_minute === 0) continue;
    const morning = mornings.get((each.weekday + 1) % 7);
    if (morning === undefined || morning.end_minute >= each.start_minute) continue;
    used.add(each).add(morning);
    spans.push({ weekday: each.weekday, from: each.start_minute, until: morning.end_minute });
  }
  for (const each of windows)
    if (!used.has(each)) spans.push({ weekday: each.weekday, from: each.start_minute, until: each.end_minute });
  return gathered(spans);
}

function gathered(spans: readonly { weekday: number; from: number; until: number }[]): HoursRow[] {
  const rows = new Map<string, { days: number[]; from: string; until: string }>();
  for (const { weekday, from, until } of spans) {
    const row = { days: [] as number[], from: timeOf(from), until: timeOf(until) };
    const known = rows.get(`${row.from}-${row.until}`) ?? row;
    known.days.push(weekday);
    known.days.sort((a, b) => a - b);
    rows.set(`${row.from}-${row.until}`, known);
  }
  return [...rows.values()].sort((a, b) => a.days[0]! - b.days[0]! || a.from.localeCompare(b.from));
}
