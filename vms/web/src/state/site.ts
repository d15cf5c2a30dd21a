/** Who is signed in, at which site, and what its cameras and nodes are doing. Framework-free. */

import { batch, computed, signal } from "@preact/signals";

import { ApiError, client } from "../api/client";
import { Events } from "../api/events";
import type { Camera, NodeState, Session, Site, StreamState, User } from "../api/types";
import { ServerClock } from "../pure/serverclock";
import { SiteTime } from "../pure/sitetime";
import { MS, type Micros } from "../pure/walltime";
import { siteLanguage } from "./settings";

/** `lost`: the server did not answer when the page opened. */
export type Phase = "opening" | "lost" | "setup" | "signed-out" | "signed-in";

export const phase = signal<Phase>("opening");
export const site = signal<Site | null>(null);
export const user = signal<User | null>(null);
/** True when a session ended under the person's hands. */
export const ended = signal(false);
export const cameras = signal<readonly Camera[] | null>(null);
export const states = signal<ReadonlyMap<number, StreamState>>(new Map());
export const nodes = signal<ReadonlyMap<string, NodeState>>(new Map());
export const offline = signal(false);

export const administrator = computed(() => user.value?.role === "administrator");
export const stateList = computed(() => [...states.value.values()]);
export const siteTime = computed(() => zoned(site.value?.zone ?? "Asia/Makassar"));

const clock = new ServerClock();
const RETRY_MS = 3_000;
/** News of hundreds of streams is taken in together, not one by one. */
const GATHER_MS = 100;
let waiting: StreamState[] = [];
let flush: ReturnType<typeof setTimeout> | undefined;

/** The server's time now. */
export function now(): Micros {
  return clock.at(Date.now() * MS);
}

/** Ask for `answer` and learn the server's time from its `now`. */
export async function timed<T extends { readonly now?: Micros }>(ask: () => Promise<T>): Promise<T> {
  const sent = Date.now() * MS;
  const answer = await ask();
  if (answer.now !== undefined) clock.learn(answer.now, sent, Date.now() * MS);
  return answer;
}

const events = new Events({
  stream: (state) => {
    waiting.push(state);
    flush ??= setTimeout(putWaiting, GATHER_MS);
  },
  node: (state) => {
    nodes.value = new Map(nodes.value).set(`${state.role}/${state.node}`, state);
  },
  cameras: () => void readCameras(),
  session: () => void readSession(),
  opened: () => {
    // The server says at once how every stream and node is now.
    batch(() => {
      offline.value = false;
      nodes.value = new Map();
    });
    void readCameras();
  },
  lost: () => {
    offline.value = true;
    void readSession();
  },
});

/** Find out where we stand: first start, signed out, signed in. */
export async function openSite(): Promise<void> {
  client.onSignedOut = () => {
    if (phase.value === "signed-in") signedOut(true);
  };
  try {
    site.value = await client.site();
    siteLanguage(site.value.language);
    if (site.value.needs_setup) phase.value = "setup";
    else await readSession();
  } catch {
    phase.value = "lost";
    setTimeout(() => void openSite(), RETRY_MS);
  }
}

export async function signIn(name: string, password: string): Promise<void> {
  await enter(await client.signIn(name, password));
}

export async function setUp(name: string, password: string): Promise<void> {
  await client.setup(name, password);
  site.value = await client.site();
  try {
    await enter(await client.session());
  } catch {
    await signIn(name, password);
  }
}

export async function signOut(): Promise<void> {
  try {
    await client.signOut();
  } finally {
    signedOut(false);
  }
}

export async function readCameras(): Promise<void> {
  try {
    const read = await client.cameras();
    batch(() => {
      cameras.value = [...read].sort((a, b) => a.number - b.number);
      states.value = new Map(
        read.flatMap((camera) => camera.states).map((state) => [state.stream_id, state]),
      );
    });
  } catch (error) {
    if (error instanceof ApiError && error.status === 0) offline.value = true;
  }
}

async function readSession(): Promise<void> {
  try {
    const session = await client.session();
    if (phase.value === "signed-in") user.value = session.user;
    else await enter(session);
  } catch (error) {
    // Only a clear answer signs out: a server that is away keeps the wall as it is.
    if (error instanceof ApiError && (error.status === 401 || error.status === 403))
      signedOut(phase.value === "signed-in");
    else if (phase.value !== "signed-in") throw error;
  }
}

async function enter(session: Session): Promise<void> {
  if (session.site !== undefined) site.value = session.site;
  await readCameras();
  batch(() => {
    user.value = session.user;
    ended.value = false;
    phase.value = "signed-in";
  });
  events.open();
}

function signedOut(unasked: boolean): void {
  events.close();
  batch(() => {
    user.value = null;
    cameras.value = null;
    states.value = new Map();
    nodes.value = new Map();
    offline.value = false;
    ended.value = unasked;
    phase.value = "signed-out";
  });
}

function putWaiting(): void {
  flush = undefined;
  const next = new Map(states.value);
  for (const state of waiting) next.set(state.stream_id, state);
  waiting = [];
  states.value = next;
}

function zoned(zone: string): SiteTime {
  try {
    return new SiteTime(zone);
  } catch {
    return new SiteTime("UTC");
  }
}
