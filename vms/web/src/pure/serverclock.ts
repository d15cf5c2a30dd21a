/** The server's time from answers that carry it: the exchange with the shortest trip wins. Pure. */

import type { Micros } from "./walltime";

/** A better-placed but older measure is given up after this long: clocks drift. */
const STALE = 10 * 60 * 1_000_000;

export class ServerClock {
  private offset = 0;
  private trip = Number.POSITIVE_INFINITY;
  private measured: Micros = 0;

  /** `sent` and `received` by the local clock around an answer that said `now`. */
  learn(now: Micros, sent: Micros, received: Micros): void {
    const trip = received - sent;
    if (trip > this.trip && received - this.measured < STALE) return;
    this.offset = now - (sent + received) / 2;
    this.trip = trip;
    this.measured = received;
  }

  at(local: Micros): Micros {
    return Math.round(local + this.offset);
  }
}
