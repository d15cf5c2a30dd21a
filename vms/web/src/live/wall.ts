/** The wall of tiles: which cameras stand on it, how large, which one is selected or enlarged. */

import { effect, signal } from "@preact/signals";

import type { Camera, StreamState } from "../api/types";
import { grid, neighbour, type Arrow, type Grid } from "../pure/layout";
import { say } from "../words/words";
import { Tile, type TilePorts } from "./tile";

const ARROWS: readonly string[] = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];

export class Wall {
  readonly root = document.createElement("div");
  /** Ids of the cameras on the wall, in order. */
  readonly order = signal<readonly number[]>([]);
  readonly selected = signal<number | undefined>(undefined);
  readonly enlarged = signal<number | undefined>(undefined);

  private readonly tiles = new Map<number, Tile>();
  private readonly resized = new ResizeObserver(() => this.arrange());
  private shape: Grid = { columns: 1, rows: 1, scrolls: false };
  private places = 0;

  private readonly named: () => void;

  constructor(private readonly ports: TilePorts) {
    this.named = effect(() => this.root.setAttribute("aria-label", say("wall.label")));
    this.root.className = "wall";
    this.root.dataset["testid"] = "wall";
    this.root.setAttribute("role", "group");
    this.root.addEventListener("keydown", (event) => this.arrow(event));
    this.resized.observe(this.root);
  }

  close(): void {
    this.named();
    this.resized.disconnect();
    for (const tile of this.tiles.values()) tile.close();
    this.tiles.clear();
    this.root.remove();
  }

  /** Put exactly these cameras on the wall, `places` wide open; running tiles go on running. */
  show(cameras: readonly Camera[], states: readonly StreamState[], places: number): void {
    const wanted = new Set(cameras.map(({ id }) => id));
    for (const [id, tile] of this.tiles) if (!wanted.has(id)) this.take(id, tile);
    for (const camera of cameras) (this.tiles.get(camera.id) ?? this.place(camera)).update(camera, states);
    const order = cameras.map(({ id }) => id);
    this.places = Math.max(order.length, places);
    if (order.join() !== this.order.peek().join()) {
      this.settle(order);
      this.order.value = order;
    }
    this.keepSelection(order);
    this.arrange();
  }

  tile(camera: number | undefined): Tile | undefined {
    return camera === undefined ? undefined : this.tiles.get(camera);
  }

  get current(): Tile | undefined {
    return this.tile(this.selected.value);
  }

  get all(): IterableIterator<Tile> {
    return this.tiles.values();
  }

  select(camera: number, focus = false): void {
    const tile = this.tiles.get(camera);
    if (tile === undefined) return;
    if (this.selected.peek() !== camera) {
      this.selected.value = camera;
      for (const each of this.tiles.values()) each.view.selected(each === tile);
    }
    if (focus) tile.view.root.focus();
  }

  /** Let one tile fill the wall, on its main stream; the others go on unseen. */
  enlarge(camera: number): void {
    if (!this.tiles.has(camera)) return;
    this.select(camera);
    this.enlarged.value = camera;
    this.apply();
  }

  shrink(): void {
    this.enlarged.value = undefined;
    this.apply();
  }

  private apply(): void {
    const large = this.enlarged.peek();
    this.root.classList.toggle("one", large !== undefined);
    for (const [id, tile] of this.tiles) {
      tile.visible = large === undefined || id === large;
      tile.view.enlarged(id === large);
      const main = tile.camera.streams.some(({ role }) => role === "main");
      tile.use(id === large && main ? "main" : smallest(tile.camera));
    }
  }

  private place(camera: Camera): Tile {
    const tile = new Tile(camera, this.ports, {
      select: (chosen) => this.select(chosen.camera.id),
      toggle: (chosen) =>
        this.enlarged.peek() === chosen.camera.id ? this.shrink() : this.enlarge(chosen.camera.id),
    });
    this.tiles.set(camera.id, tile);
    tile.use(smallest(camera));
    tile.start();
    return tile;
  }

  private take(id: number, tile: Tile): void {
    tile.close();
    this.tiles.delete(id);
    if (this.enlarged.peek() === id) this.shrink();
  }

  /** Move only tiles that stand elsewhere: a video that is taken out and put back pauses. */
  private settle(order: readonly number[]): void {
    order.forEach((id, place) => {
      const { root } = this.tiles.get(id)!.view;
      const there = this.root.children[place] ?? null;
      if (there !== root) this.root.insertBefore(root, there);
    });
  }

  private keepSelection(order: readonly number[]): void {
    const selected = this.selected.peek();
    if (selected !== undefined && order.includes(selected)) return;
    this.selected.value = undefined;
    if (order[0] !== undefined) this.select(order[0]);
  }

  private arrange(): void {
    const { clientWidth: width, clientHeight: height } = this.root;
    this.shape = grid(this.places, { width, height });
    this.root.style.setProperty("--columns", String(this.shape.columns));
    this.root.style.setProperty("--rows", String(this.shape.rows));
    this.root.classList.toggle("scrolls", this.shape.scrolls);
  }

  private arrow(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (!ARROWS.includes(event.key) || !target.classList.contains("tile")) return;
    if (this.enlarged.peek() !== undefined || event.ctrlKey || event.altKey) return;
    const order = this.order.peek();
    const at = order.indexOf(this.selected.peek() ?? -1);
    const next = order[neighbour(at, order.length, this.shape.columns, event.key as Arrow)];
    if (next === undefined) return;
    event.preventDefault();
    this.select(next, true);
  }
}

/** What a wall tile watches: the sub stream where the camera has one. */
function smallest(camera: Camera): "main" | "sub" {
  return camera.streams.some(({ role }) => role === "sub") ? "sub" : "main";
}
