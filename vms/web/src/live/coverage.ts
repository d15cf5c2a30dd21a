/**
 * What is recorded and what is missing, lane by lane, for the stretch of time a timeline shows.
 * Reads a margin around it, at most one request at a time, and says why when it cannot.
 */

import type { TimelineOut } from "../api/types";
import { laneOf, NOTHING, type Lane } from "../pure/lanes";
import type { Micros, Span } from "../pure/walltime";

export interface CoverageNeeds {
  readonly cameras: readonly number[];
  readonly span: Span;
  readonly pixels: number;
}

type Read = (cameras: readonly number[], span: Span, pixels: number) => Promise<TimelineOut>;

/** How much is read beyond both ends, in lengths of the visible stretch. */
const MARGIN = 0.5;
/** A hand that pans or zooms is waited for this long. */
const REST_MS = 120;
/** The newest part is read again this often while it is visible. */
const FRESH_MS = 3_000;
const RETRY_MS = 3_000;

export class Coverage {
  /** The stretch that `lane` knows about; outside it nothing was read yet. */
  known: Span | undefined;
  error: unknown;

  private lanes = new Map<number, Lane>();
  private needs: CoverageNeeds | undefined;
  private read: { cameras: string; perPixel: number; at: number } | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private busy = false;
  private closed = false;

  constructor(
    private readonly ask: Read,
    private readonly now: () => Micros,
    private readonly changed: () => void,
  ) {}

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  lane(camera: number): Lane {
    return this.lanes.get(camera) ?? NOTHING;
  }

  /** Say what is visible; what is missing or stale is read soon. */
  need(needs: CoverageNeeds): void {
    this.needs = needs;
    if (this.timer === undefined && !this.busy) this.schedule(this.satisfied() ? FRESH_MS : REST_MS);
    else if (!this.satisfied() && !this.busy) this.schedule(REST_MS);
  }

  /** Somebody marked something here: read again at once. */
  refresh(): void {
    this.read = undefined;
    if (!this.busy) this.schedule(0);
  }

  private schedule(wait: number): void {
    clearTimeout(this.timer);
    if (!this.closed) this.timer = setTimeout(() => void this.fetch(), wait);
  }

  /** Whether what is visible was read, of the same cameras, about as finely. */
  private satisfied(): boolean {
    const { needs, known, read } = this;
    if (needs === undefined || needs.cameras.length === 0) return true;
    if (known === undefined || read === undefined) return false;
    const perPixel = (needs.span.end - needs.span.start) / needs.pixels;
    const covers = known.start <= needs.span.start && known.end >= Math.min(needs.span.end, this.now());
    const fine = perPixel > read.perPixel / 2.1 && perPixel < read.perPixel * 8;
    return covers && fine && read.cameras === needs.cameras.join();
  }

  private fresh(): boolean {
    const touchesNow = this.needs !== undefined && this.needs.span.end >= this.now() - 5_000_000;
    const age = this.read === undefined ? Infinity : performance.now() - this.read.at;
    return this.satisfied() && (!touchesNow || age < FRESH_MS);
  }

  private async fetch(): Promise<void> {
    this.timer = undefined;
    const needs = this.needs;
    if (needs === undefined || needs.cameras.length === 0 || document.hidden || this.fresh())
      return this.schedule(FRESH_MS);
    this.busy = true;
    let wait = FRESH_MS;
    try {
      const length = needs.span.end - needs.span.start;
      const span = {
        start: Math.round(needs.span.start - MARGIN * length),
        end: Math.round(needs.span.end + MARGIN * length),
      };
      this.take(await this.ask(needs.cameras, span, needs.pixels * (1 + 2 * MARGIN)), needs, span);
      this.error = undefined;
    } catch (error) {
      this.error = error;
      wait = RETRY_MS;
    }
    this.busy = false;
    if (this.closed) return;
    this.changed();
    this.schedule(this.satisfied() ? wait : Math.min(wait, this.error === undefined ? 0 : wait));
  }

  private take(answer: TimelineOut, needs: CoverageNeeds, span: Span): void {
    this.lanes = new Map(answer.cameras.map((lane) => [lane.camera_id, laneOf(lane, answer)]));
    // The future is not read: what will be recorded there is not known.
    this.known = { start: span.start, end: Math.max(span.start, Math.min(span.end, answer.now)) };
    this.read = {
      cameras: needs.cameras.join(),
      perPixel: (needs.span.end - needs.span.start) / needs.pixels,
      at: performance.now(),
    };
  }
}
