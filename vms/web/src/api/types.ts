/** What the server says, as its endpoints say it. Times are µs UTC. */

import type { Micros } from "../pure/walltime";
import type { Purpose, StoreFillOut } from "./schemas";

export type * from "./schemas";

export type RoleName = "administrator" | "viewer";
export type StreamName = "main" | "sub";
export type Condition = "connecting" | "recording" | "watchable" | "down";

export interface Site {
  readonly name: string;
  readonly zone: string;
  readonly language: string;
  readonly version: string;
  readonly needs_setup: boolean;
}

export interface User {
  readonly id: number;
  readonly name: string;
  readonly role: RoleName;
  /** null: every camera, now and later. */
  readonly cameras: readonly number[] | null;
  readonly enabled?: boolean;
}

export interface Session {
  readonly user: User;
  readonly site?: Site;
}

export interface StreamState {
  readonly stream_id: number;
  readonly camera_id: number;
  readonly role: StreamName;
  readonly condition: Condition;
  readonly cause: string | null;
  readonly detail: string;
  readonly since: Micros;
  readonly last_picture: Micros | null;
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly bitrate: number;
}

export type When = "always" | "schedule" | "events";
export type EngineName = "auto" | "rtsp" | "pyav";
export type TransportName = "auto" | "tcp" | "udp";

/** Hours of one day of every week in the site's zone, in minutes. `weekday` 0 is Monday. */
export interface Window {
  readonly weekday: number;
  readonly start_minute: number;
  readonly end_minute: number;
}

/** When a stream is kept. The seconds are those before and after an event. */
export interface Policy {
  readonly when: When;
  readonly hours: readonly Window[];
  readonly pre_seconds: number;
  readonly post_seconds: number;
}

export interface Stream {
  readonly id: number;
  readonly role: StreamName;
  readonly record: boolean;
  readonly audio: boolean;
  readonly engine: EngineName;
  readonly transport: TransportName;
  readonly policy: Policy;
  /** Only for administrators. */
  readonly url?: string;
  readonly username?: string;
}

export interface Camera {
  readonly id: number;
  readonly number: number;
  readonly name: string;
  readonly enabled: boolean;
  readonly retention_days: number | null;
  /** 0 to 9: the lowest is dropped first when a recorder has no room. */
  readonly priority: number;
  /** Empty: it was added before one had to be named. */
  readonly purposes: readonly Purpose[];
  readonly owner_agency: string;
  readonly sign_posted: boolean;
  readonly contact: string;
  readonly streams: readonly Stream[];
  readonly states: readonly StreamState[];
}

/** What an administrator writes about a camera. On a change, absent means unchanged. */
export interface CameraFields {
  name?: string;
  number?: number;
  main_url?: string;
  sub_url?: string | null;
  username?: string;
  password?: string;
  audio?: boolean;
  record_main?: boolean;
  record_sub?: boolean;
  policy?: Policy;
  sub_policy?: Policy;
  engine?: EngineName;
  transport?: TransportName;
  priority?: number;
  retention_days?: number | null;
  enabled?: boolean;
  purposes?: readonly Purpose[];
  owner_agency?: string;
  sign_posted?: boolean;
  contact?: string;
}

/** How full a store is, in one word. */
export type FillLevel = StoreFillOut["level"];

export interface Probe {
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly fps?: number | null;
  readonly audio?: string | null;
  readonly cause?: string | null;
}

export interface UserFields {
  name?: string;
  role?: RoleName;
  cameras?: readonly number[] | null;
  enabled?: boolean;
  password?: string;
}

/** µs of one stream's day. `expected` = `stored` + all of `missing` + `unexplained`. */
export interface Account {
  readonly expected: number;
  readonly stored: number;
  readonly missing: Readonly<Record<string, number>>;
  readonly unexplained: number;
  readonly excused: Readonly<Record<string, number>>;
  readonly pending: number;
}

export interface SiteDay {
  readonly date: string;
  readonly start: Micros;
  readonly end: Micros;
}

/** One account for each day, in their order; null: nothing is known of that day. */
export interface StreamDays {
  readonly camera_id: number;
  readonly stream_id: number;
  readonly role: StreamName;
  readonly days: readonly (Account | null)[];
}

export interface Completeness {
  readonly now: Micros;
  readonly zone: string;
  readonly days: readonly SiteDay[];
  readonly streams: readonly StreamDays[];
}

/** One session with a camera and its clocks. Offsets in µs. */
export interface CameraRun {
  readonly start: Micros;
  readonly end: Micros | null;
  readonly cause: string | null;
  readonly camera_clock: string;
  readonly camera_offset: number | null;
  readonly media_ppm: number | null;
  readonly steps: number;
  readonly lost: number;
}

export interface ClockStep {
  readonly at: Micros;
  readonly clock: string;
  readonly micros: number;
}

export interface CameraRuns {
  readonly runs: readonly CameraRun[];
  readonly left_out: number;
  readonly steps: readonly ClockStep[];
}

export interface NodeProblem {
  readonly code: string;
  readonly detail: string;
  readonly since: Micros;
}

export interface NodeState {
  readonly node: string;
  readonly role: string;
  readonly at?: Micros;
  readonly problems: readonly NodeProblem[];
  readonly lost?: boolean;
}

export interface Health {
  readonly now?: Micros;
  readonly streams?: readonly StreamState[];
  readonly nodes?: readonly NodeState[];
}

export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** RFC 9457, with the server's kind of error and the fields it is about. */
export interface Problem {
  readonly type?: string;
  readonly title?: string;
  readonly status: number;
  readonly detail?: string;
  readonly kind?: string;
  readonly cause?: string;
  readonly errors?: readonly FieldError[];
}
