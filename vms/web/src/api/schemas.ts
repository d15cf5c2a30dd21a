/** Made by `dev/schemas_ts.py` from the server's schemas. Times are µs UTC. */

export interface AccountOut {
  readonly expected: number;
  readonly stored: number;
  readonly missing: Readonly<Record<string, number>>;
  readonly unexplained: number;
  readonly excused: Readonly<Record<string, number>>;
  readonly pending: number;
}

export interface ArchiveHealthOut {
  readonly now: number;
  readonly store: StoreFillOut;
  readonly damaged: number;
  readonly damage: readonly DamageOut[];
  readonly scrub_began: number | null;
  readonly garbage: number;
  readonly garbage_size: number;
  readonly object_lock: boolean | null;
}

export interface BookmarkIn {
  readonly at: number;
  readonly end?: number | null;
  readonly title: string;
  readonly note?: string;
}

export interface BookmarkMarkOut {
  readonly bookmark_id: number;
  readonly at: number;
  readonly end: number | null;
  readonly title: string;
  readonly count: number;
}

export interface BookmarkOut {
  readonly id: number;
  readonly camera_id: number;
  readonly at: number;
  readonly end: number | null;
  readonly title: string;
  readonly note: string;
  readonly made: number;
  readonly made_by: string;
  readonly mine: boolean;
}

export interface BookmarkPatch {
  readonly title?: string | null;
  readonly note?: string | null;
}

export interface BookmarksOut {
  readonly bookmarks: readonly BookmarkOut[];
}

export interface CalendarCameraOut {
  readonly camera_id: number;
  readonly recorded: readonly number[];
  readonly size: readonly number[];
  readonly events: readonly number[];
}

export interface CalendarDayOut {
  readonly date: string;
  readonly start: number;
  readonly end: number;
}

export interface CalendarOut {
  readonly zone: string;
  readonly now: number;
  readonly days: readonly CalendarDayOut[];
  readonly cameras: readonly CalendarCameraOut[];
}

export type CameraClock = "none" | "sender-report" | "onvif" | "container";

export interface CameraForecastOut {
  readonly camera_id: number;
  readonly size: number;
  readonly oldest: number | null;
  readonly newest: number | null;
  readonly per_day: number;
  readonly kept_days: number;
  readonly days_left: number | null;
  readonly min_days: number;
  readonly max_days: number;
  readonly minimum_met: boolean;
  readonly quota_met: boolean;
  readonly locked_size: number;
}

export interface CameraIn {
  readonly name: string;
  readonly number?: number | null;
  readonly main_url: string;
  readonly sub_url?: string | null;
  readonly username?: string | null;
  readonly password?: string | null;
  readonly audio?: boolean;
  readonly retention_days?: number | null;
  readonly priority?: number;
  readonly record_main?: boolean;
  readonly record_sub?: boolean;
  readonly engine?: Engine;
  readonly transport?: Transport;
  readonly policy?: Policy;
  readonly sub_policy?: Policy | null;
  readonly enabled?: boolean;
  readonly purposes: readonly Purpose[];
  readonly owner_agency?: string;
  readonly sign_posted?: boolean;
  readonly contact?: string;
}

export interface CameraOut {
  readonly id: number;
  readonly number: number;
  readonly name: string;
  readonly enabled: boolean;
  readonly retention_days: number | null;
  readonly priority: number;
  readonly purposes: readonly Purpose[];
  readonly owner_agency: string;
  readonly sign_posted: boolean;
  readonly contact: string;
  readonly streams: readonly StreamOut[];
  readonly states: readonly StreamStateOut[];
}

export interface CameraPatch {
  readonly name?: string | null;
  readonly number?: number | null;
  readonly main_url?: string | null;
  readonly sub_url?: string | null;
  readonly username?: string | null;
  readonly password?: string | null;
  readonly audio?: boolean | null;
  readonly retention_days?: number | null;
  readonly priority?: number | null;
  readonly record_main?: boolean | null;
  readonly record_sub?: boolean | null;
  readonly engine?: Engine | null;
  readonly transport?: Transport | null;
  readonly policy?: Policy | null;
  readonly sub_policy?: Policy | null;
  readonly enabled?: boolean | null;
  readonly purposes?: readonly Purpose[] | null;
  readonly owner_agency?: string | null;
  readonly sign_posted?: boolean | null;
  readonly contact?: string | null;
}

export interface CamerasOut {
  readonly cameras: readonly CameraOut[];
}

export type Cause = "connecting" | "unreachable" | "bad-password" | "untrusted" | "bad-url" | "unsupported" | "stalled" | "closed" | "protocol" | "disk-full" | "disk-fault" | "spool-full" | "store-full" | "recorder-off" | "clock-step" | "disabled" | "schedule" | "no-event";

export interface ClockStepOut {
  readonly at: number;
  readonly clock: Stepped;
  readonly micros: number;
}

export interface CompletenessOut {
  readonly now: number;
  readonly zone: string;
  readonly days: readonly DayOut[];
  readonly streams: readonly StreamDaysOut[];
}

export interface Credentials {
  readonly name: string;
  readonly password: string;
}

export interface DamageOut {
  readonly camera_id: number;
  readonly stream_id: number;
  readonly start: number;
  readonly end: number;
  readonly kind: string;
  readonly found: number;
  readonly detail: string;
}

export interface DayOut {
  readonly date: string;
  readonly start: number;
  readonly end: number;
}

export interface DryRunCameraOut {
  readonly camera_id: number;
  readonly segments: number;
  readonly size: number;
  readonly oldest: number | null;
  readonly newest: number | null;
  readonly locked_size: number;
}

export interface DryRunOut {
  readonly segments: number;
  readonly size: number;
  readonly oldest: number | null;
  readonly newest: number | null;
  readonly locked_size: number;
  readonly cameras: readonly DryRunCameraOut[];
}

export interface EffectiveOut {
  readonly camera_id: number;
  readonly max_days: ValueOut;
  readonly min_days: ValueOut;
  readonly quota_bytes: ValueOut;
  readonly event_days: ValueOut;
}

export type Engine = "auto" | "rtsp" | "pyav";

export interface EventIn {
  readonly kind?: string;
  readonly detail?: string;
  readonly at?: number | null;
}

export interface EventMarkOut {
  readonly at: number;
  readonly kind: string;
  readonly count: number;
}

export interface EventOut {
  readonly camera_id: number;
  readonly at: number;
  readonly kind: string;
}

export interface FieldErrorOut {
  readonly field: string;
  readonly message: string;
}

export interface ForecastOut {
  readonly now: number;
  readonly minimum_bytes: number;
  readonly store: StoreFillOut;
  readonly cameras: readonly CameraForecastOut[];
}

export interface GapOut {
  readonly start: number;
  readonly end: number | null;
  readonly cause: Cause;
  readonly detail: string;
  readonly count: number;
}

export interface GroupIn {
  readonly name: string;
  readonly cameras?: readonly number[];
}

export interface GroupOut {
  readonly id: number;
  readonly name: string;
  readonly cameras: readonly number[];
}

export interface GroupPatch {
  readonly name?: string | null;
  readonly cameras?: readonly number[] | null;
}

export interface GroupsOut {
  readonly groups: readonly GroupOut[];
}

export interface HealthOut {
  readonly now: number;
  readonly nodes: readonly NodeOut[];
  readonly streams: readonly StreamStateOut[];
}

export interface LaneOut {
  readonly camera_id: number;
  readonly spans: readonly (readonly [number, number])[];
  readonly gaps: readonly GapOut[];
  readonly locks: readonly LockMarkOut[];
  readonly bookmarks: readonly BookmarkMarkOut[];
  readonly events: readonly EventMarkOut[];
  readonly activity: readonly (number | null)[];
  readonly usual_bitrate: number | null;
}

export interface LockIn {
  readonly case_number: string;
  readonly reason: string;
  readonly spans: readonly LockSpanIn[];
  readonly expires?: number | null;
}

export interface LockMarkOut {
  readonly lock_id: number;
  readonly case_number: string;
  readonly start: number;
  readonly end: number;
}

export interface LockOut {
  readonly id: number;
  readonly case_number: string;
  readonly reason: string;
  readonly state: "holds" | "asked" | "released" | "expired";
  readonly spans: readonly LockSpanOut[];
  readonly real: readonly RealSpanOut[] | null;
  readonly created: number;
  readonly created_by: string;
  readonly expires: number | null;
  readonly release_asked: number | null;
  readonly release_asked_by: string;
  readonly release_reason: string;
  readonly released: number | null;
  readonly released_by: string;
}

export interface LockSpanIn {
  readonly camera_id: number;
  readonly start: number;
  readonly end: number;
}

export interface LockSpanOut {
  readonly camera_id: number;
  readonly start: number;
  readonly end: number;
}

export interface LocksOut {
  readonly now: number;
  readonly two_persons: boolean;
  readonly locks: readonly LockOut[];
}

export interface NearestOut {
  readonly at: number;
  readonly nearest: number | null;
  readonly recorded: boolean;
  readonly next: number | null;
  readonly previous: number | null;
  readonly gap: GapOut | null;
}

export interface NodeOut {
  readonly node: string;
  readonly role: string;
  readonly pid: number;
  readonly version: string;
  readonly at: number;
  readonly problems: readonly ProblemOfNode[];
  readonly lost: boolean;
}

export interface PendingOut {
  readonly id: number;
  readonly scope: Scope;
  readonly owner_id: number;
  readonly policy: RetentionFields;
  readonly made: number;
  readonly made_by: string;
  readonly reason: string;
  readonly effective: number;
}

export interface Policy {
  readonly when?: RecordWhen;
  readonly hours?: readonly Window[];
  readonly pre_seconds?: number;
  readonly post_seconds?: number;
}

export interface ProbeIn {
  readonly url: string;
  readonly username?: string | null;
  readonly password?: string | null;
}

export interface ProbeOut {
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number | null;
  readonly audio: string | null;
  readonly key_seconds: number | null;
  readonly clock_offset_micros: number | null;
  readonly notes: readonly string[];
}

export interface ProblemOfNode {
  readonly code: string;
  readonly detail?: string;
  readonly since: number;
}

export interface ProblemOut {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string | null;
  readonly kind: string | null;
  readonly cause: string | null;
  readonly errors: readonly FieldErrorOut[] | null;
}

export type Purpose = "security" | "disaster" | "traffic";

export interface RealSpanOut {
  readonly camera_id: number;
  readonly stream_id: number;
  readonly start: number;
  readonly end: number;
}

export interface ReceiptOut {
  readonly id: number;
  readonly at: number;
  readonly camera_id: number;
  readonly stream_id: number;
  readonly why: string;
  readonly start: number;
  readonly end: number;
  readonly segments: number;
  readonly size: number;
  readonly merkle_root: string;
}

export interface ReceiptsOut {
  readonly receipts: readonly ReceiptOut[];
}

export type RecordWhen = "always" | "schedule" | "events";

export interface ReleaseIn {
  readonly reason: string;
}

export interface RetentionFields {
  readonly max_days?: number | null;
  readonly min_days?: number | null;
  readonly quota_bytes?: number | null;
  readonly event_days?: number | null;
}

export interface RetentionIn {
  readonly scope: Scope;
  readonly owner_id?: number;
  readonly policy: RetentionFields;
  readonly reason?: string;
}

export interface RetentionOut {
  readonly now: number;
  readonly delay: number;
  readonly scopes: readonly ScopeOut[];
  readonly cameras: readonly EffectiveOut[];
  readonly pending: readonly PendingOut[];
}

export interface RetentionSet {
  readonly pending: PendingOut | null;
}

export type Role = "administrator" | "viewer";

export interface RunOut {
  readonly start: number;
  readonly end: number | null;
  readonly cause: Cause | null;
  readonly camera_clock: CameraClock;
  readonly camera_offset: number | null;
  readonly media_ppm: number | null;
  readonly server_offset: number;
  readonly server_synchronised: boolean | null;
  readonly steps: number;
  readonly lost: number;
}

export interface RunsOut {
  readonly runs: readonly RunOut[];
  readonly left_out: number;
  readonly steps: readonly ClockStepOut[];
}

export type Scope = "site" | "group" | "camera";

export interface ScopeOut {
  readonly scope: Scope;
  readonly owner_id: number;
  readonly policy: RetentionFields;
}

export interface SessionOut {
  readonly user: UserOut;
  readonly site: SiteOut;
}

export interface SiteOut {
  readonly name: string;
  readonly zone: string;
  readonly language: string;
  readonly version: string;
  readonly needs_setup: boolean;
}

export type Stepped = "camera" | "media" | "server";

export interface StoreFillOut {
  readonly total: number | null;
  readonly free: number | null;
  readonly used: number;
  readonly fill: number | null;
  readonly protected: number | null;
  readonly level: "ok" | "filling" | "high" | "full" | "unknown";
  readonly per_day: number;
  readonly days_left: number | null;
}

export type StreamCondition = "connecting" | "recording" | "watchable" | "down";

export interface StreamDaysOut {
  readonly camera_id: number;
  readonly stream_id: number;
  readonly role: StreamRole;
  readonly days: readonly (AccountOut | null)[];
}

export interface StreamOut {
  readonly id: number;
  readonly role: StreamRole;
  readonly record: boolean;
  readonly audio: boolean;
  readonly engine: Engine;
  readonly transport: Transport;
  readonly policy: Policy;
  readonly url: string | null;
  readonly username: string | null;
}

export type StreamRole = "main" | "sub";

export interface StreamStateOut {
  readonly stream_id: number;
  readonly camera_id: number;
  readonly role: StreamRole;
  readonly condition: StreamCondition;
  readonly cause: Cause | null;
  readonly detail: string;
  readonly since: number;
  readonly last_picture: number | null;
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly bitrate: number;
}

export interface TimelineOut {
  readonly start: number;
  readonly end: number;
  readonly now: number;
  readonly bucket_start: number;
  readonly bucket: number;
  readonly with_events: boolean;
  readonly cameras: readonly LaneOut[];
}

export type Transport = "auto" | "tcp" | "udp";

export interface UserIn {
  readonly name: string;
  readonly role?: Role;
  readonly cameras?: readonly number[] | null;
  readonly enabled?: boolean;
  readonly password: string;
}

export interface UserOut {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
  readonly cameras: readonly number[] | null;
  readonly enabled: boolean;
}

export interface UserPatch {
  readonly name?: string | null;
  readonly role?: Role | null;
  readonly cameras?: readonly number[] | null;
  readonly enabled?: boolean | null;
  readonly password?: string | null;
}

export interface UsersOut {
  readonly users: readonly UserOut[];
}

export interface ValueOut {
  readonly value: number | null;
  readonly scope: Scope | null;
  readonly owner_id: number;
}

export interface Window {
  readonly weekday: number;
  readonly start_minute: number;
  readonly end_minute: number;
}

export interface Word {
  readonly status: "ok" | "not-ready";
}
