/** Clips on their way to this computer: asked for, counted, saved; each can be cancelled. */

import { signal } from "@preact/signals";

import type { Client } from "../api/client";
import type { Camera } from "../api/types";
import type { SiteTime } from "../pure/sitetime";
import type { Span } from "../pure/walltime";

export type ClipStage =
  | { readonly is: "preparing" }
  | { readonly is: "loading"; readonly done: number; readonly total: number | undefined; readonly rate: number }
  | { readonly is: "done"; readonly size: number }
  | { readonly is: "failed"; readonly error: unknown }
  | { readonly is: "cancelled" };

export interface Clip {
  readonly id: number;
  readonly name: string;
  readonly file: string;
  readonly stage: ClipStage;
  readonly cancel: () => void;
}

/** Larger clips are left to the browser's own download: they would fill its memory. */
const MOST_IN_MEMORY = 1_000_000_000;
const TOLD_EVERY_MS = 200;
let next = 1;

export const clips = signal<readonly Clip[]>([]);

export function dismissClip(id: number): void {
  clips.value = clips.value.filter((clip) => clip.id !== id);
}

/** Fetch the clip of `span` and save it under a name that people can read. */
export async function saveClip(client: Client, camera: Camera, span: Span, site: SiteTime): Promise<void> {
  const id = next++;
  const stop = new AbortController();
  const file = clipFile(camera, span, site);
  const name = camera.name;
  clips.value = [...clips.value, { id, name, file, stage: { is: "preparing" }, cancel: () => stop.abort() }];
  const stage = (to: ClipStage) => {
    clips.value = clips.value.map((clip) => (clip.id === id ? { ...clip, stage: to } : clip));
  };
  try {
    const response = await client.clip(camera.id, span, stop.signal);
    const total = Number(response.headers.get("Content-Length")) || undefined;
    if ((total ?? 0) > MOST_IN_MEMORY) {
      stop.abort();
      download(client.clipUrl(camera.id, span), file);
      return stage({ is: "done", size: total! });
    }
    const blob = await read(response, total, stage);
    const url = URL.createObjectURL(blob);
    download(url, file);
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    stage({ is: "done", size: blob.size });
  } catch (error) {
    stage(stop.signal.aborted ? { is: "cancelled" } : { is: "failed", error });
  }
}

async function read(response: Response, total: number | undefined, stage: (to: ClipStage) => void): Promise<Blob> {
  const reader = response.body?.getReader();
  if (reader === undefined) return response.blob();
  const parts: BlobPart[] = [];
  const began = performance.now();
  let [done, told] = [0, 0];
  for (;;) {
    const { value, done: over } = await reader.read();
    if (over) return new Blob(parts, { type: "video/mp4" });
    parts.push(value);
    done += value.byteLength;
    const now = performance.now();
    if (now - told < TOLD_EVERY_MS) continue;
    told = now;
    stage({ is: "loading", done, total, rate: (done / Math.max(1, now - began)) * 1_000 });
  }
}

/** `3-simpang-tiga-2026-11-23-140341-10s.mp4`: local time, nothing a file system refuses. */
export function clipFile(camera: Camera, span: Span, site: SiteTime): string {
  const name = camera.name.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  const time = site.clock(span.start).replaceAll(":", "");
  const seconds = Math.round((span.end - span.start) / 100_000) / 10;
  return `${camera.number}-${name}-${site.day(span.start)}-${time}-${seconds}s.mp4`;
}

function download(url: string, file: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = file;
  document.body.append(link);
  link.click();
  link.remove();
}
