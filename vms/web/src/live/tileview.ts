/** The elements of a tile. Nothing stands over a running picture until it is asked for. */

import { effect } from "@preact/signals";

import type { Camera, StreamState } from "../api/types";
import { iconElement, redraw, type IconName } from "../parts/icons";
import type { PictureTime } from "../pure/rtpclock";
import type { SiteTime } from "../pure/sitetime";
import type { Status } from "../pure/status";
import { SECOND } from "../pure/walltime";
import { bitrate, codecName, number } from "../words/amounts";
import { say, type MessageKey } from "../words/words";
import type { TileWords } from "./tilewords";

export interface TileViewEvents {
  select(): void;
  toggle(): void;
  replay(): void;
  live(): void;
}

export class TileView {
  readonly root = element("section", "tile");
  readonly video = element("video", "tile-video");

  private readonly held = element("canvas", "tile-held");
  private readonly title = element("strong", "tile-title");
  private readonly reason = element("span", "tile-reason");
  private readonly noteLine = element("p", "tile-note");
  private readonly facts = element("p", "tile-facts");
  private readonly dot = element("span", "dot off");
  private readonly number = element("b", "tile-number");
  private readonly nameText = element("span", "tile-name");
  private readonly badge = element("span", "tile-badge");
  private readonly clock = element("time", "tile-clock");
  private readonly enlargeButton: HTMLButtonElement;
  private readonly stops: (() => void)[] = [];
  private second = 0;
  private word = "";
  private camera: Camera;

  constructor(camera: Camera, private readonly events: TileViewEvents) {
    this.camera = camera;
    this.enlargeButton = this.button("enlarge", "tile.enlarge", () => events.toggle());
    this.build();
    this.listen();
  }

  close(): void {
    for (const stop of this.stops.splice(0)) stop();
    this.video.srcObject = null;
    this.root.remove();
  }

  name(camera: Camera, status: Status): void {
    this.camera = camera;
    set(this.number, String(camera.number));
    set(this.nameText, camera.name);
    this.dot.className = `dot ${status.tone}`;
    this.label();
  }

  /** What is known of the encoding shown, for who asks with pointer or keyboard. */
  media(state: StreamState | undefined): void {
    if (state === undefined || state.codec === "") return set(this.facts, "");
    const { role, codec, width, height, fps } = state;
    const size = `${codecName(codec)} ${width}×${height}`;
    const parts = [say(`tile.stream.${role}`), size, `${number(fps, 0)} fps`, bitrate(state.bitrate)];
    set(this.facts, parts.join(" · "));
  }

  words(words: TileWords, mode: "live" | "archive"): void {
    this.word = words.word;
    this.root.dataset["state"] = words.state;
    set(this.title, words.title ?? "");
    set(this.reason, words.reason ?? "");
    set(this.noteLine, words.note ?? "");
    this.root.classList.toggle("told", words.title !== undefined);
    this.mode(mode, words.state);
    this.label();
  }

  time(picture: PictureTime, site: SiteTime, paused: boolean): void {
    this.clock.dataset["wall"] = String(picture.wall);
    if (this.root.dataset["mode"] !== picture.mode) this.mode(picture.mode, this.root.dataset["state"] ?? "");
    const second = paused ? picture.wall : Math.floor(picture.wall / SECOND);
    if (second === this.second) return;
    this.second = second;
    set(this.clock, paused ? site.millis(picture.wall) : site.clock(picture.wall));
  }

  /** Keep the picture that is shown now while others run through beneath it. */
  hold(): void {
    const { videoWidth, videoHeight } = this.video;
    if (videoWidth === 0 || this.root.classList.contains("holding")) return;
    this.held.width = videoWidth;
    this.held.height = videoHeight;
    this.held.getContext("2d")?.drawImage(this.video, 0, 0);
    this.root.classList.add("holding");
  }

  release(): void {
    this.root.classList.remove("holding");
  }

  enlarged(on: boolean): void {
    this.root.classList.toggle("enlarged", on);
    redraw(this.enlargeButton.firstElementChild as SVGSVGElement, on ? "shrink" : "enlarge");
    const name = say(on ? "tile.shrink" : "tile.enlarge");
    this.enlargeButton.title = name;
    this.enlargeButton.setAttribute("aria-label", name);
  }

  selected(on: boolean): void {
    this.root.classList.toggle("selected", on);
    this.root.tabIndex = on ? 0 : -1;
    this.root.setAttribute("aria-current", String(on));
  }

  private mode(mode: "live" | "archive", state: string): void {
    this.root.dataset["mode"] = mode;
    const running = ["live", "playing", "paused", "gap", "ended"].includes(state);
    const key = state === "paused" ? "tile.paused" : mode === "live" ? "tile.live" : "tile.archive";
    set(this.badge, running ? say(key) : "");
  }

  private label(): void {
    const { number: digits, name } = this.camera;
    const label = say("tile.label", { number: digits, name, state: this.word });
    if (this.root.getAttribute("aria-label") !== label) this.root.setAttribute("aria-label", label);
  }

  private build(): void {
    const { root, video } = this;
    root.dataset["testid"] = "tile";
    root.dataset["camera"] = String(this.camera.id);
    root.dataset["state"] = "off";
    root.tabIndex = -1;
    root.setAttribute("role", "group");
    video.dataset["camera"] = String(this.camera.id);
    Object.assign(video, { muted: true, autoplay: true, playsInline: true, disablePictureInPicture: true });
    video.tabIndex = -1;
    this.held.setAttribute("aria-hidden", "true");
    this.clock.dataset["testid"] = "tile-clock";
    const words = element("div", "tile-words");
    words.append(iconElement("noSignal"), this.title, this.reason);
    const tools = element("div", "tile-tools");
    tools.append(
      this.button("replay", "tile.replay", () => this.events.replay()),
      this.button("live", "tile.toLive", () => this.events.live()),
      this.enlargeButton,
    );
    const picture = element("div", "tile-picture");
    picture.append(video, this.held, words, this.noteLine, this.facts, tools);
    const caption = element("footer", "tile-caption");
    caption.append(this.dot, this.number, this.nameText, this.badge, this.clock);
    root.append(picture, caption);
    this.stops.push(effect(() => video.setAttribute("aria-label", say("tile.video", { name: this.camera.name }))));
  }

  private listen(): void {
    const { root, events } = this;
    root.addEventListener("pointerdown", () => events.select());
    root.addEventListener("focus", () => events.select());
    root.addEventListener("dblclick", (event) => {
      if (!onButton(event)) events.toggle();
    });
    root.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target === root) events.toggle();
    });
  }

  private button(icon: IconName, key: MessageKey, pressed: () => void): HTMLButtonElement {
    const button = element("button", "button bare");
    button.type = "button";
    button.append(iconElement(icon));
    button.addEventListener("click", pressed);
    this.stops.push(
      effect(() => {
        button.title = say(key);
        button.setAttribute("aria-label", say(key));
      }),
    );
    return button;
  }
}

function onButton(event: Event): boolean {
  return event.target instanceof Element && event.target.closest("button") !== null;
}

function element<K extends keyof HTMLElementTagNameMap>(tag: K, name: string): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = name;
  return made;
}

/** Write only what changed: the browser lays out nothing anew for the rest. */
function set(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
