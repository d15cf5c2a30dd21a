/**
 * The canvas under the wall: one lane per camera. The wheel zooms around the pointer, a drag pans, a
 * press seeks, a drag along the axis scrubs. With the keyboard it is a slider.
 */

import type { Camera } from "../api/types";
import { under, type Lane } from "../pure/lanes";
import { Scale } from "../pure/scale";
import type { SiteTime } from "../pure/sitetime";
import { ticks } from "../pure/ticks";
import { HOUR, SECOND, type Micros, type Span } from "../pure/walltime";
import { errorWords } from "../words/problems";
import { language, say } from "../words/words";
import { Coverage } from "./coverage";
import { laneWords } from "./lanewords";
import { laneBox, paint, type Geometry, type LanePicture } from "./paint";
import { paletteOf, type Palette } from "./palette";

export interface TimelinePorts {
  siteTime(): SiteTime;
  now(): Micros;
  read: ConstructorParameters<typeof Coverage>[0];
  /** The picture a camera shows now. */
  playhead(camera: number): LanePicture["playhead"];
  marks(): { start: Micros | undefined; end: Micros | undefined };
}

export interface TimelineEvents {
  seek(camera: number, at: Micros): void;
  /** What the pointer is over, in words; empty when there is nothing to say. */
  hint(text: string, x: number): void;
}

const AXIS = 24;
const GUTTER = 176;
const NARROW = 640;
const CLICK_PIXELS = 4;
const MARK_PIXELS = 5;
/** The now line stands here while the timeline follows it. */
const NOW_SHARE = 0.94;

export class Timeline {
  readonly canvas = document.createElement("canvas");
  readonly coverage: Coverage;
  private scale: Scale;
  private following = true;
  private lanes: readonly Camera[] = [];
  private selected: number | undefined;
  private size: Geometry = { width: 0, height: 0, gutter: 0, axis: AXIS, laneHeight: 20 };
  private palette: Palette | undefined;
  private drag: { x: number; from: Scale; moved: boolean; scrub: boolean; lane: number } | undefined;
  private pointer: { x: number; y: number } | undefined;
  private frame = 0;
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly resized = new ResizeObserver(() => this.resize());

  constructor(
    private readonly ports: TimelinePorts,
    private readonly events: TimelineEvents,
  ) {
    this.scale = new Scale(0, HOUR, 1).placed(ports.now(), NOW_SHARE);
    this.coverage = new Coverage(ports.read, ports.now, () => this.redraw());
    this.prepare();
    this.listen();
    this.resized.observe(this.canvas);
    this.timer = setInterval(() => this.redraw(), 200);
  }

  close(): void {
    clearInterval(this.timer);
    cancelAnimationFrame(this.frame);
    this.resized.disconnect();
    this.coverage.close();
    this.canvas.remove();
  }

  show(lanes: readonly Camera[], selected: number | undefined): void {
    this.lanes = lanes;
    this.selected = selected;
    this.canvas.style.setProperty("--lanes", String(Math.max(1, lanes.length)));
    this.resize();
  }

  /** Colours or language changed. */
  restyle(): void {
    this.palette = undefined;
    this.redraw();
  }

  /** Show `span` µs around the picture shown, or up to now while following. */
  zoomTo(span: number): void {
    const now = this.ports.now();
    const at = this.following ? now : (this.selectedPlayhead()?.wall ?? this.middle);
    this.scale = this.scale.placed(at, this.following ? NOW_SHARE : 0.5, span);
    this.redraw();
  }

  zoomBy(factor: number): void {
    this.zoomTo(this.scale.zoomed(0, factor).span);
  }

  get span(): number {
    return this.scale.span;
  }

  /** Keep the now line in sight from here on. */
  follow(): void {
    this.following = true;
    this.redraw();
  }

  /** Bring a moment into sight, if it is not. */
  reveal(at: Micros): void {
    if (this.scale.shows(at)) return;
    this.following = false;
    this.scale = this.scale.placed(at, 0.5);
    this.redraw();
  }

  /** Show just that stretch, for example a day chosen in the calendar. */
  showSpan({ start, end }: Span): void {
    this.following = false;
    this.scale = this.scale.placed(start, 0, end - start);
    this.redraw();
  }

  lane(camera: number): Lane {
    return this.coverage.lane(camera);
  }

  redraw(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.draw());
  }

  /** µs within which a press or the pointer catches a mark. */
  private get reach(): number {
    return MARK_PIXELS * this.scale.perPixel;
  }

  private get middle(): Micros {
    return this.scale.time(this.scale.width / 2);
  }

  private selectedPlayhead(): LanePicture["playhead"] {
    return this.selected === undefined ? undefined : this.ports.playhead(this.selected);
  }

  private prepare(): void {
    const { canvas } = this;
    canvas.className = "timeline";
    canvas.dataset["testid"] = "timeline";
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "slider");
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (width === 0 || height === 0) return;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const gutter = width < NARROW ? 0 : GUTTER;
    const lanes = Math.max(1, this.lanes.length);
    const laneHeight = Math.floor((height - AXIS - lanes) / lanes);
    this.size = { width, height, gutter, axis: AXIS, laneHeight };
    this.scale = this.scale.resized(width - gutter);
    this.draw();
  }

  private draw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const g = this.canvas.getContext("2d");
    if (g === null || this.size.width === 0) return;
    if (this.following) this.scale = this.scale.placed(this.ports.now(), NOW_SHARE);
    this.keepPlayheadInSight();
    const ratio = this.canvas.width / this.size.width;
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.palette ??= paletteOf(this.canvas);
    paint(g, this.picture(), this.size, this.palette);
    this.describe();
    this.need();
  }

  /** A picture that plays out of sight to the right takes the view along. */
  private keepPlayheadInSight(): void {
    const at = this.selectedPlayhead();
    if (this.following || this.drag !== undefined || at === undefined || at.mode !== "archive") return;
    const x = this.scale.x(at.wall);
    const edge = this.scale.width;
    if (x > edge && x < edge + 3 * Math.max(1, SECOND / this.scale.perPixel) + 8)
      this.scale = this.scale.placed(at.wall, 0.1);
  }

  private picture(): Parameters<typeof paint>[1] {
    const site = this.ports.siteTime();
    return {
      scale: this.scale,
      ticks: ticks(this.scale, site, language.value),
      lanes: this.lanes.map((camera) => ({
        label: `${camera.number}  ${camera.name}`,
        lane: this.coverage.lane(camera.id),
        selected: camera.id === this.selected,
        playhead: this.ports.playhead(camera.id),
      })),
      known: this.coverage.known,
      now: this.ports.now(),
      marks: this.ports.marks(),
      pointer: this.pointerPicture(site),
    };
  }

  private pointerPicture(site: SiteTime): { x: number; label: string } | undefined {
    if (this.pointer === undefined || this.pointer.x < 0) return undefined;
    const time = this.scale.time(this.pointer.x);
    const fine = this.scale.perPixel < SECOND / 10;
    return { x: this.pointer.x, label: fine ? site.millis(time) : site.clock(time) };
  }

  private need(): void {
    this.coverage.need({
      cameras: this.lanes.map(({ id }) => id),
      span: { start: this.scale.start, end: this.scale.end },
      pixels: Math.max(1, this.scale.width),
    });
  }

  /** For tests and for those who hear the page: where we are, as values and as words. */
  private describe(): void {
    const { canvas, scale } = this;
    const playhead = this.selectedPlayhead();
    // The times at the canvas's own edges, the names' column included.
    canvas.dataset["start"] = String(scale.time(-this.size.gutter));
    canvas.dataset["end"] = String(scale.end);
    canvas.dataset["playhead"] = playhead === undefined ? "" : String(playhead.wall);
    const at = playhead?.wall ?? this.ports.now();
    const second = Math.floor(at / SECOND);
    if (canvas.getAttribute("aria-valuenow") === String(second)) return;
    const camera = this.lanes.find(({ id }) => id === this.selected)?.name ?? "";
    canvas.setAttribute("aria-label", say("timeline.label"));
    canvas.setAttribute("aria-valuemin", String(Math.floor(scale.start / SECOND)));
    canvas.setAttribute("aria-valuemax", String(Math.ceil(scale.end / SECOND)));
    canvas.setAttribute("aria-valuenow", String(second));
    canvas.setAttribute("aria-valuetext", say("timeline.value", { camera, time: this.ports.siteTime().clock(at) }));
  }

  private listen(): void {
    const { canvas } = this;
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointercancel", () => (this.drag = undefined));
    canvas.addEventListener("pointerleave", () => {
      this.pointer = undefined;
      this.events.hint("", 0);
      this.redraw();
    });
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  private at(event: MouseEvent): { x: number; y: number } {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left - this.size.gutter, y: event.clientY - box.top };
  }

  private laneAt(y: number): Camera | undefined {
    const index = Math.floor((y - AXIS) / (this.size.laneHeight + 1));
    return this.lanes[Math.max(0, Math.min(this.lanes.length - 1, index))];
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const { x } = this.at(event);
    const sideways = event.shiftKey ? event.deltaY : event.deltaX;
    if (Math.abs(sideways) > Math.abs(event.deltaY) || event.shiftKey) this.pan(sideways);
    else {
      const nearNow = this.following && Math.abs(this.scale.x(this.ports.now()) - x) < 40;
      this.scale = this.scale.zoomed(Math.max(0, x), Math.exp(event.deltaY * 0.0018));
      if (!nearNow) this.following = false;
    }
    this.redraw();
  }

  private pan(pixels: number): void {
    this.following = false;
    this.scale = this.scale.panned(pixels);
  }

  private press(event: PointerEvent): void {
    if (event.button !== 0) return;
    const { x, y } = this.at(event);
    this.canvas.setPointerCapture(event.pointerId);
    const lane = this.laneAt(y)?.id ?? -1;
    const scrub = y < AXIS;
    this.drag = { x, from: this.scale, moved: false, scrub, lane };
    if (scrub) this.seek(this.selected ?? lane, x);
  }

  private move(event: PointerEvent): void {
    const { x, y } = this.at(event);
    this.pointer = { x, y };
    const { drag } = this;
    if (drag === undefined) this.hint(x, y);
    else if (drag.scrub) this.seek(this.selected ?? drag.lane, x);
    else if (drag.moved || Math.abs(x - drag.x) > CLICK_PIXELS) {
      drag.moved = true;
      this.following = false;
      this.scale = drag.from.panned(drag.x - x).resized(this.scale.width);
    }
    this.redraw();
  }

  private release(event: PointerEvent): void {
    const { drag } = this;
    this.drag = undefined;
    const { x } = this.at(event);
    if (drag !== undefined && !drag.moved && !drag.scrub) this.choose(drag.lane, x);
  }

  /** A press near a bookmark goes exactly to it. */
  private choose(camera: number, x: number): void {
    const { bookmark } = under(this.lane(camera), this.scale.time(x), this.reach);
    this.seek(camera, bookmark === undefined || x < 0 ? x : this.scale.x(bookmark.start));
  }

  private seek(camera: number, x: number): void {
    if (x < 0) return;
    this.following = false;
    this.events.seek(camera, Math.min(this.scale.time(x), this.ports.now()));
  }

  private hint(x: number, y: number): void {
    const camera = this.laneAt(y);
    if (camera === undefined || y < AXIS || x < 0) return this.events.hint("", 0);
    this.events.hint(this.wordsAt(camera, this.scale.time(x)), x + this.size.gutter);
  }

  /** What is at that moment; empty where there is only recording, or it is to come. */
  private wordsAt(camera: Camera, time: Micros): string {
    if (this.coverage.error !== undefined)
      return say("timeline.failed", { reason: errorWords(this.coverage.error) });
    const { known } = this.coverage;
    if (known === undefined || time >= known.end || time < known.start) return "";
    return laneWords(this.coverage.lane(camera.id), time, this.reach, this.ports.siteTime());
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const at = this.selectedPlayhead()?.wall ?? this.ports.now();
    const step = Math.max(this.scale.span / 100, SECOND / 25);
    const to: Record<string, () => void> = {
      ArrowLeft: () => this.keySeek(at - step),
      ArrowRight: () => this.keySeek(at + step),
      PageUp: () => this.pan(-this.scale.width / 2),
      PageDown: () => this.pan(this.scale.width / 2),
      "+": () => this.zoomBy(0.5),
      "-": () => this.zoomBy(2),
      End: () => this.follow(),
    };
    const act = to[event.key];
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act();
    this.redraw();
  }

  private keySeek(at: Micros): void {
    const camera = this.selected ?? this.lanes[0]?.id;
    if (camera === undefined) return;
    const moment = Math.min(Math.round(at), this.ports.now());
    this.following = false;
    this.events.seek(camera, moment);
    this.reveal(moment);
  }
}

/** Height the canvas wants for its lanes; the rest is the axis. */
export function timelineHeight(lanes: number): number {
  const lane = lanes <= 1 ? 44 : lanes <= 3 ? 28 : lanes <= 6 ? 20 : 16;
  return laneBox({ width: 0, height: 0, gutter: 0, axis: AXIS, laneHeight: lane }, Math.max(1, lanes)).y + 1;
}
