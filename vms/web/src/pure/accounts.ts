/** Expected against stored: sums, order and shares of what the server counted. Pure. */

import type { Account, StreamDays } from "../api/types";

export interface Reason {
  readonly cause: string;
  readonly micros: number;
}

/** `complete`: all that was expected is stored. `idle`: nothing was expected. `unknown`: no day is known. */
export type Verdict = "complete" | "lossy" | "idle" | "unknown";

export const EMPTY: Account = { expected: 0, stored: 0, missing: {}, unexplained: 0, excused: {}, pending: 0 };
/** The cause under which what nobody explains stands among the reasons. */
export const UNEXPLAINED = "unexplained";

export function lost({ expected, stored }: Account): number {
  return expected - stored;
}

export function sum(accounts: readonly (Account | null)[]): Account {
  return accounts.reduce<Account>((all, one) => (one === null ? all : added(all, one)), EMPTY);
}

function added(one: Account, other: Account): Account {
  return {
    expected: one.expected + other.expected,
    stored: one.stored + other.stored,
    missing: addedBy(one.missing, other.missing),
    unexplained: one.unexplained + other.unexplained,
    excused: addedBy(one.excused, other.excused),
    pending: one.pending + other.pending,
  };
}

type ByCause = Readonly<Record<string, number>>;

function addedBy(one: ByCause, other: ByCause): ByCause {
  const all: Record<string, number> = { ...one };
  for (const [cause, micros] of Object.entries(other)) all[cause] = (all[cause] ?? 0) + micros;
  return all;
}

export function verdict(account: Account | null): Verdict {
  if (account === null) return "unknown";
  if (account.expected === 0) return "idle";
  return lost(account) === 0 ? "complete" : "lossy";
}

/** Why something is missing, the most first. */
export function reasons({ missing, unexplained }: Account): Reason[] {
  const all = unexplained > 0 ? { ...missing, [UNEXPLAINED]: unexplained } : missing;
  return byMost(all);
}

/** Why nothing was expected, the most first. */
export function excuses({ excused }: Account): Reason[] {
  return byMost(excused);
}

function byMost(all: ByCause): Reason[] {
  return Object.entries(all)
    .map(([cause, micros]) => ({ cause, micros }))
    .sort((a, b) => b.micros - a.micros);
}

/** Hundredths of a percent, rounded down: what is not whole is never shown as 100 %. */
export function share({ expected, stored }: Account): number | undefined {
  return expected === 0 ? undefined : Math.floor((stored / expected) * 10_000) / 100;
}

/** Those that lost most first; then as `place` says. */
export function worstFirst(streams: readonly StreamDays[], place: (one: StreamDays) => number): StreamDays[] {
  const losses = new Map(streams.map((one) => [one, lost(sum(one.days))]));
  return [...streams].sort((a, b) => losses.get(b)! - losses.get(a)! || place(a) - place(b));
}
