/**
 * The operator's desk: the wall, the timeline under it, and what a person can do with both. Plain
 * objects and signals; the screen only shows it and calls it.
 */

import { batch, computed, effect, signal } from "@preact/signals";

import { client } from "../api/client";
import type { Camera } from "../api/types";
import { clampPage, page, pages, tilesPerPage } from "../pure/layout";
import { ordered, spanAt } from "../pure/spans";
import type { Micros, Span } from "../pure/walltime";
import { layout, theme } from "../state/settings";
import { note } from "../state/notes";
import { cameras, now, siteTime, stateList, timed } from "../state/site";
import { causeWords, errorWords } from "../words/problems";
import { language, say } from "../words/words";
import { saveClip } from "./clips";
import type { PlayState } from "./control";
import { asked, landing, neighbour } from "./jump";
import type { Tile } from "./tile";
import { Timeline } from "./timeline";
import { Wall } from "./wall";

/** So many cameras have a lane each; a fuller wall has one lane, of the selected camera. */
const MOST_LANES = 9;
const NARROW = "(max-width: 640px)";

/** What the selected tile shows, a few times a second, for the line of controls. */
export interface Shown {
  readonly camera: Camera;
  readonly wall: Micros | undefined;
  readonly mode: "live" | "archive";
  readonly paused: boolean;
  readonly state: PlayState | undefined;
}

/** A small form over the wall. */
export type Asking = "bookmark" | "lock" | "calendar";

export class Desk {
  readonly wall: Wall;
  readonly timeline: Timeline;
  readonly pageIndex = signal(0);
  readonly shown = signal<Shown | undefined>(undefined);
  readonly markIn = signal<Micros | undefined>(undefined);
  readonly markOut = signal<Micros | undefined>(undefined);
  readonly hint = signal<{ text: string; x: number }>({ text: "", x: 0 });
  /** How much time the timeline shows, µs. */
  readonly span = signal(0);
  readonly lanes = signal<readonly Camera[]>([]);
  readonly asking = signal<Asking | undefined>(undefined);
  readonly watchable = computed(() => cameras.value ?? []);
  readonly perPage = computed(() => tilesPerPage(layout.value, this.watchable.value.length));
  readonly pageCount = computed(() => pages(this.watchable.value.length, this.perPage.value));

  private readonly stops: (() => void)[] = [];
  private readonly narrow = window.matchMedia(NARROW);
  private readonly narrowed = signal(this.narrow.matches);
  /** Counts what was asked for: a late answer about an earlier moment moves nothing. */
  private jumps = 0;
  private said: Micros | undefined;

  constructor() {
    const ports = { client, siteTime: () => siteTime.value, now };
    this.wall = new Wall(ports);
    this.timeline = new Timeline(
      {
        siteTime: ports.siteTime,
        now,
        read: (ids, span, pixels) => timed(() => client.timeline(ids, span, pixels)),
        playhead: (camera) => playhead(this.wall.tile(camera)),
        marks: () => this.marks(),
      },
      {
        seek: (camera, at) => this.seekOn(camera, at),
        hint: (text, x) => {
          if (text !== this.hint.peek().text || text !== "") this.hint.value = { text, x };
        },
      },
    );
    this.follow();
  }

  close(): void {
    for (const stop of this.stops.splice(0)) stop();
    this.timeline.close();
    this.wall.close();
  }

  /** The page is being left: end the sessions now instead of letting the player find out. */
  readonly leave = (): void => {
    for (const tile of this.wall.all) tile.leave();
  };

  get tile(): Tile | undefined {
    return this.wall.current;
  }

  toggle(): void {
    const { tile } = this;
    if (tile === undefined) return;
    if (tile.paused) tile.resume();
    else tile.pause();
    this.look();
  }

  live(): void {
    this.tile?.live();
    this.timeline.follow();
    this.look();
  }

  replay(): void {
    const { tile } = this;
    if (tile === undefined) return;
    tile.replay();
    if (tile.paused) tile.resume();
    this.look();
  }

  /** The picture of exactly that moment, standing, with the timeline brought there. */
  goTo(at: Micros): void {
    const { tile } = this;
    if (tile === undefined) return;
    if (!tile.paused) tile.pause();
    this.timeline.reveal(at);
    this.seekOn(tile.camera.id, at);
    this.wall.select(tile.camera.id, true);
  }

  /** To the beginning of the next or previous recording of the selected camera. */
  async skip(by: -1 | 1): Promise<void> {
    const { tile } = this;
    if (tile === undefined) return;
    try {
      const found = await neighbour(client, tile.camera.id, Math.round(tile.position ?? now()), by);
      if (found === undefined) return note(() => say(by === 1 ? "play.noNext" : "play.noPrevious"), "plain");
      this.jumps += 1;
      tile.seek(found);
      this.timeline.reveal(found);
      this.look();
    } catch (error) {
      note(() => errorWords(error), "bad");
    }
  }

  /** The whole day, brought into sight; the picture stays where it is. */
  showDay(day: Span): void {
    this.timeline.showSpan(day);
    this.look();
  }

  mark(which: "in" | "out"): void {
    const at = this.tile?.moment;
    if (at === undefined) return;
    batch(() => {
      (which === "in" ? this.markIn : this.markOut).value = at;
      const [start, end] = [this.markIn.value, this.markOut.value];
      if (start === undefined || end === undefined || start < end) return;
      // A mark beyond the other begins a new range.
      (which === "in" ? this.markOut : this.markIn).value = undefined;
    });
  }

  clearMarks(): void {
    batch(() => {
      this.markIn.value = undefined;
      this.markOut.value = undefined;
    });
  }

  /** What is marked, when both ends are. */
  get range(): Span | undefined {
    const [start, end] = [this.markIn.peek(), this.markOut.peek()];
    return start === undefined || end === undefined ? undefined : ordered(start, end);
  }

  ask(what: Asking): void {
    if (this.tile === undefined) return;
    if (what === "lock" && this.range === undefined) return note(() => say("clip.needMarks"), "bad");
    this.asking.value = what;
  }

  save(): void {
    const { range, tile } = this;
    if (range === undefined || tile === undefined) return note(() => say("clip.needMarks"), "bad");
    void saveClip(client, tile.camera, range, siteTime.peek());
  }

  /** Bring the camera with that number to the wall and select it. */
  call(digits: string): void {
    const camera = this.watchable.peek().find(({ number }) => number === Number(digits));
    if (camera === undefined) note(() => say("number.none", { digits }), "bad");
    else this.pick(camera, this.wall.enlarged.peek() !== undefined);
  }

  /** Select a camera, turning the wall to its page; `large`: let it fill the wall. */
  pick(camera: Camera, large = false): void {
    const place = this.watchable.peek().findIndex(({ id }) => id === camera.id);
    this.pageIndex.value = Math.floor(Math.max(0, place) / this.perPage.peek());
    this.wall.select(camera.id, true);
    if (large) this.wall.enlarge(camera.id);
  }

  turn(by: number): void {
    const count = this.watchable.peek().length;
    this.pageIndex.value = clampPage(count, this.perPage.peek(), this.pageIndex.peek() + by);
  }

  back(): void {
    const large = this.wall.enlarged.peek();
    this.wall.shrink();
    if (large !== undefined) this.wall.select(large, true);
  }

  private seekOn(camera: number, at: Micros): void {
    const tile = this.wall.tile(camera);
    if (tile === undefined) return;
    this.wall.select(camera);
    const jump = ++this.jumps;
    const found = landing(this.timeline.lane(camera), this.timeline.coverage.known, at, now());
    tile.seek(found === "ask" ? at : found);
    if (found === "ask") void this.askNearest(tile, at, jump);
    else this.sayJump(camera, at, found);
    this.look();
  }

  private async askNearest(tile: Tile, at: Micros, jump: number): Promise<void> {
    const { id } = tile.camera;
    // When the server cannot say, the player does what it can with the moment as it was asked for.
    const found = await asked(client, id, at).catch(() => ({ at, cause: undefined }));
    if (jump !== this.jumps || found.at === at) return;
    tile.seek(found.at);
    this.sayJump(id, at, found.at, found.cause);
  }

  /** A moment that is not recorded: said once for each place a hand that scrubs is led to. */
  private sayJump(camera: number, at: Micros, found: Micros, told?: string): void {
    if (found === at || found === this.said) return void (this.said = found === at ? undefined : found);
    this.said = found;
    const cause = told ?? spanAt(this.timeline.lane(camera).gaps, at)?.cause;
    const moment = (wall: Micros) => siteTime.peek().moment(wall, now(), language.peek());
    note(() => say("play.nearest", { time: moment(at), cause: causeWords(cause), found: moment(found) }));
  }

  private marks(): { start: Micros | undefined; end: Micros | undefined } {
    return { start: this.markIn.peek(), end: this.markOut.peek() };
  }

  private follow(): void {
    const narrowed = () => (this.narrowed.value = this.narrow.matches);
    this.narrow.addEventListener("change", narrowed);
    const timer = setInterval(() => this.look(), 200);
    this.stops.push(
      () => this.narrow.removeEventListener("change", narrowed),
      () => clearInterval(timer),
      effect(() => this.fill()),
      effect(() => this.chooseLanes()),
      effect(() => {
        void [theme.value, language.value];
        this.timeline.restyle();
      }),
      effect(() => {
        void [this.markIn.value, this.markOut.value];
        this.timeline.redraw();
      }),
      effect(() => {
        void this.wall.selected.value;
        this.look();
      }),
    );
  }

  private fill(): void {
    const [all, perPage, index, states] = [
      this.watchable.value,
      this.perPage.value,
      this.pageIndex.value,
      stateList.value,
    ];
    this.wall.show(page(all, perPage, index), states, Math.min(perPage, Math.max(1, all.length)));
  }

  private chooseLanes(): void {
    const { enlarged, selected, order } = this.wall;
    const onWall = order.value
      .map((id) => this.watchable.value.find((camera) => camera.id === id))
      .filter((camera) => camera !== undefined);
    const alone = enlarged.value ?? selected.value;
    const one = enlarged.value !== undefined || onWall.length > MOST_LANES || this.narrowed.value;
    const lanes = one ? onWall.filter(({ id }) => id === alone) : onWall;
    this.lanes.value = lanes;
    this.timeline.show(lanes, selected.value);
  }

  private look(): void {
    const tile = this.tile;
    this.span.value = this.timeline.span;
    this.shown.value =
      tile === undefined
        ? undefined
        : {
            camera: tile.camera,
            wall: tile.shown?.wall,
            mode: tile.mode,
            paused: tile.paused,
            state: tile.playState?.state,
          };
  }
}

function playhead(tile: Tile | undefined): { wall: Micros; mode: "live" | "archive" } | undefined {
  const wall = tile?.position;
  return tile === undefined || wall === undefined ? undefined : { wall, mode: tile.mode };
}
