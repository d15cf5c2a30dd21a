/**
 * One camera on the wall: its picture, its clock, its state in words. No framework re-renders it.
 *
 * The clock is the time of the picture shown, from the player's linear pieces and the RTP time that
 * the browser tells with each picture.
 */

import { effect, signal } from "@preact/signals";

import type { Client } from "../api/client";
import type { Camera, StreamName, StreamState } from "../api/types";
import { streamStatus } from "../pure/status";
import { RtpClock, rtpDifference, type PictureTime } from "../pure/rtpclock";
import type { SiteTime } from "../pure/sitetime";
import { SECOND, type Micros } from "../pure/walltime";
import type { FromPlayer, StateMessage } from "./control";
import { Peer, type PeerPhase } from "./peer";
import { tileWords, type TileFacts } from "./tilewords";
import { TileView } from "./tileview";

export interface TilePorts {
  readonly client: Client;
  siteTime(): SiteTime;
  now(): Micros;
}

export interface TileEvents {
  select(tile: Tile): void;
  /** A double press or Enter: grow to the whole wall, or back. */
  toggle(tile: Tile): void;
}

/** What the person wants of this tile; kept across new sessions. */
type Wish = { readonly mode: "live" } | { readonly mode: "archive"; readonly at: Micros; readonly paused: boolean };

const ARCHIVE: readonly string[] = ["playing", "paused", "gap", "ended"];
/** Pictures that should flow and do not for this long are called frozen. */
const FROZEN_MS = 4_000;
/** However late the wanted picture is, the old one does not stand over it for longer. */
const HELD_MS = 3_000;

export class Tile {
  readonly view: TileView;
  /** Time of the picture shown; undefined before the first. */
  shown: PictureTime | undefined;
  /** Whether a person can see it now; a covered tile is not called frozen. */
  visible = true;

  private readonly facts = signal<TileFacts>({ phase: "off", enabled: true, pictured: false });
  private readonly clock = new RtpClock();
  private readonly peer: Peer;
  private wish: Wish = { mode: "live" };
  private stream: StreamName = "sub";
  private states: readonly StreamState[] = [];
  /** What was asked for last and is not shown yet. */
  private seeking: { readonly at: Micros; readonly since: number } | undefined;
  private seekQueued = false;
  /** What the last seek asked for; forgotten when playing goes on or stops elsewhere. */
  private asked: Micros | undefined;
  /** The last picture stands on the canvas until one of a new session comes. */
  private kept = false;
  /** Where the session that stands was asked to begin. */
  private offered: Micros | undefined;
  private lastRtp: number | undefined;
  private lastPictureAt = 0;
  private heldUntil: { rtp: number; at: number } | undefined;
  private retryAt: number | undefined;
  private readonly stops: (() => void)[] = [];

  constructor(
    public camera: Camera,
    private readonly ports: TilePorts,
    events: TileEvents,
  ) {
    this.view = new TileView(camera, {
      select: () => events.select(this),
      toggle: () => events.toggle(this),
      replay: () => this.replay(),
      live: () => this.live(),
    });
    this.peer = new Peer(ports.client, camera.id, this.stream, {
      media: (media) => this.play(media),
      message: (message) => this.heard(message),
      phase: (phase, error, retryAt) => this.phase(phase, error, retryAt),
      ready: () => this.ready(),
      at: () => (this.offered = this.wish.mode === "live" ? undefined : this.wish.at),
    });
    this.stops.push(effect(() => this.say()));
    const timer = setInterval(() => this.tick(), 500);
    this.stops.push(() => clearInterval(timer));
    this.update(camera, []);
  }

  start(): void {
    this.watch();
    this.peer.start();
  }

  close(): void {
    this.peer.close();
    for (const stop of this.stops.splice(0)) stop();
    this.view.close();
  }

  /** End the session but keep the tile, for a page that is being left. */
  leave(): void {
    this.peer.close();
  }

  /** What the list of cameras and the recorders say now. */
  update(camera: Camera, states: readonly StreamState[]): void {
    this.camera = camera;
    const mine = states.filter((state) => state.camera_id === camera.id);
    this.states = mine;
    const state = mine.find(({ role }) => role === this.shownStream) ?? mine[0];
    const before = this.facts.peek().signal;
    if (before?.condition === "down" && state?.condition !== "down") this.peer.nudge();
    this.view.name(camera, streamStatus(mine.find(({ role }) => role === "main") ?? state));
    this.view.media(state);
    this.know({ enabled: camera.enabled, signal: state });
  }

  get mode(): "live" | "archive" {
    const state = this.facts.value.play?.state;
    if (state === "live") return "live";
    if (state !== undefined && ARCHIVE.includes(state)) return "archive";
    return this.shown?.mode ?? this.wish.mode;
  }

  get playState(): StateMessage | undefined {
    return this.facts.value.play;
  }

  get paused(): boolean {
    return this.wish.mode === "archive" && this.wish.paused;
  }

  /** Where this tile stands in time: what is asked for, else what is shown. */
  get position(): Micros | undefined {
    return this.seeking?.at ?? this.shown?.wall;
  }

  /** The moment a mark takes: exactly what was asked for while its picture stands. */
  get moment(): Micros | undefined {
    return this.paused && this.asked !== undefined ? this.asked : this.position;
  }

  /** Show that moment. Many calls in one animation frame send only the last. */
  seek(at: Micros): void {
    this.seeking = { at: Math.round(at), since: performance.now() };
    this.asked = this.seeking.at;
    this.wish = { mode: "archive", at: this.seeking.at, paused: this.paused };
    if (this.seekQueued) return;
    this.seekQueued = true;
    requestAnimationFrame(() => this.sendSeek());
  }

  live(): void {
    this.seeking = undefined;
    this.asked = undefined;
    this.wish = { mode: "live" };
    this.peer.send({ op: "live" });
  }

  pause(): void {
    const at = this.position ?? this.ports.now();
    this.asked = undefined;
    this.wish = { mode: "archive", at, paused: true };
    this.peer.send({ op: "pause" });
  }

  resume(): void {
    if (this.wish.mode === "live") return;
    this.asked = undefined;
    this.wish = { ...this.wish, paused: false };
    this.peer.send({ op: "play" });
  }

  replay(): void {
    this.seek((this.position ?? this.ports.now()) - 10 * SECOND);
  }

  use(stream: StreamName): void {
    this.stream = stream;
    this.peer.use(stream);
  }

  private sendSeek(): void {
    this.seekQueued = false;
    if (this.seeking !== undefined) this.peer.send({ op: "seek", at: this.seeking.at });
  }

  /** What the offer did not say, or what was wished since, goes over the channel. */
  private ready(): void {
    if (this.wish.mode === "live") {
      if (this.offered !== undefined) this.peer.send({ op: "live" });
      return;
    }
    if (this.offered !== this.wish.at) this.peer.send({ op: "seek", at: this.wish.at });
    if (this.wish.paused) this.peer.send({ op: "pause" });
  }

  private heard(message: FromPlayer): void {
    if (message.ev === "state") this.told(message);
    else {
      this.clock.push(message);
      if (message.seek !== undefined && message.seek === this.seeking?.at) this.seeking = undefined;
      if (message.burst !== undefined) this.hold(message.rtp);
      if (this.lastRtp !== undefined) this.show(this.lastRtp);
    }
  }

  private told(play: StateMessage): void {
    // The player went over to live by itself at the end of the archive.
    if (play.state === "live" && this.seeking === undefined) this.wish = { mode: "live" };
    // After a gap it goes on by itself; who wished it to stand still wants that at its end as well.
    if (play.state === "playing" && this.paused) this.peer.send({ op: "pause" });
    else if (play.state === "playing" || play.state === "paused") {
      const at = this.wish.mode === "archive" ? this.wish.at : (this.position ?? this.ports.now());
      this.wish = { mode: "archive", at, paused: play.state === "paused" };
    }
    if (!this.kept && !["live", "playing", "paused"].includes(play.state)) this.release();
    this.lastPictureAt = performance.now();
    this.know({ play, frozenAt: undefined });
    this.update(this.camera, this.states);
  }

  private phase(phase: PeerPhase, error: unknown, retryAt: number | undefined): void {
    this.retryAt = retryAt;
    if (phase !== "on") {
      this.clock.clear();
      this.lastRtp = undefined;
      this.keep();
      if (this.wish.mode === "archive" && this.shown !== undefined)
        this.wish = { ...this.wish, at: this.seeking?.at ?? this.shown.wall };
    }
    this.know({ phase, error, retryIn: this.retryIn(), frozenAt: undefined, ...(phase === "on" ? {} : { play: undefined }) });
  }

  private play(media: MediaStream): void {
    this.view.video.srcObject = media;
    void this.view.video.play().catch(() => undefined);
  }

  /** Follow every picture that the browser shows. */
  private watch(): void {
    let handle = 0;
    const video = this.view.video;
    const shown = (_at: number, picture: VideoFrameCallbackMetadata) => {
      handle = video.requestVideoFrameCallback(shown);
      this.lastPictureAt = performance.now();
      // A track that ends shows one black picture more: that one is not of the new session.
      if (this.kept && this.facts.peek().phase === "on") this.release();
      const rtp = picture.rtpTimestamp ?? this.peer.receiver?.getSynchronizationSources()[0]?.rtpTimestamp;
      const { pictured, frozenAt } = this.facts.peek();
      if (!pictured || frozenAt !== undefined) this.know({ pictured: true, frozenAt: undefined });
      if (rtp !== undefined) this.show(rtp);
    };
    handle = video.requestVideoFrameCallback(shown);
    this.stops.push(() => video.cancelVideoFrameCallback(handle));
  }

  private show(rtp: number): void {
    this.lastRtp = rtp;
    const held = this.heldUntil;
    if (held !== undefined && rtpDifference(rtp, held.rtp) >= 0) this.release();
    const picture = this.clock.at(rtp);
    if (picture === undefined || picture.passing) return;
    this.shown = picture;
    this.view.time(picture, this.ports.siteTime(), this.facts.peek().play?.state === "paused");
  }

  /** The old picture stands on a canvas while pictures on the way to `rtp` run through. */
  private hold(rtp: number): void {
    this.heldUntil = { rtp, at: performance.now() };
    this.view.hold();
  }

  /** A session ends: what it showed last stays, dimmed under the words. */
  private keep(): void {
    this.heldUntil = undefined;
    this.kept = this.facts.peek().pictured;
    if (this.kept) this.view.hold();
  }

  private release(): void {
    this.heldUntil = undefined;
    this.kept = false;
    this.view.release();
  }

  private tick(): void {
    const { phase, play, frozenAt, pictured } = this.facts.peek();
    if (phase === "lost") this.know({ retryIn: this.retryIn() });
    const silent = performance.now() - this.lastPictureAt;
    if (this.seeking !== undefined && performance.now() - this.seeking.since > HELD_MS)
      this.seeking = undefined;
    if (this.heldUntil !== undefined && performance.now() - this.heldUntil.at > HELD_MS) this.release();
    const flowing = phase === "on" && (play?.state === "live" || play?.state === "playing");
    if (flowing && pictured && frozenAt === undefined && silent > FROZEN_MS && this.watched) {
      this.know({ frozenAt: this.shown?.wall ?? this.ports.now() });
      this.peer.check();
    }
  }

  /** The encoding really shown, as the player says; before it speaks, the one asked for. */
  private get shownStream(): StreamName {
    return this.facts.peek().play?.stream ?? this.stream;
  }

  private get watched(): boolean {
    return this.visible && !document.hidden;
  }

  private retryIn(): number | undefined {
    return this.retryAt === undefined
      ? undefined
      : Math.ceil((this.retryAt - performance.now()) / 1_000);
  }

  private know(change: Partial<TileFacts>): void {
    const before = this.facts.peek();
    const keys = Object.keys(change) as (keyof TileFacts)[];
    if (keys.some((key) => before[key] !== change[key])) this.facts.value = { ...before, ...change };
  }

  private say(): void {
    const site = this.ports.siteTime();
    this.view.words(tileWords(this.facts.value, (wall) => site.clock(wall)), this.mode);
  }
}
