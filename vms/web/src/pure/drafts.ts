/** What stands in a form, and what of it goes to the server. Field errors are codes. Pure. */

import type { Camera, CameraFields, EngineName, Policy, Purpose, RoleName, Stream, TransportName, User, UserFields, When } from "../api/types";
import { checkRow, rowsOf, windowsOf, type HoursRow } from "./hours";

/** What is done with a stream: kept when its policy says, or only watched. */
export type Keeping = When | "never";

export interface PolicyDraft {
  readonly keep: Keeping;
  readonly rows: readonly HoursRow[];
  readonly pre: string;
  readonly post: string;
}

export interface CameraDraft {
  readonly name: string;
  readonly number: string;
  readonly main_url: string;
  readonly sub_url: string;
  readonly username: string;
  readonly password: string;
  readonly retention_days: string;
  readonly enabled: boolean;
  readonly audio: boolean;
  readonly priority: string;
  readonly engine: EngineName;
  readonly transport: TransportName;
  readonly main: PolicyDraft;
  readonly sub: PolicyDraft;
  readonly purposes: readonly Purpose[];
  readonly owner_agency: string;
  readonly sign_posted: boolean;
  readonly contact: string;
}

export interface UserDraft {
  readonly name: string;
  readonly role: RoleName;
  readonly password: string;
  readonly all: boolean;
  readonly cameras: readonly number[];
  readonly enabled: boolean;
}

export const SHORTEST_PASSWORD = 8;
export const LONGEST_BEFORE = 60;
export const LONGEST_AFTER = 3600;

export function cameraDraft(camera: Camera | undefined): CameraDraft {
  const main = camera?.streams.find(({ role }) => role === "main");
  const sub = camera?.streams.find(({ role }) => role === "sub");
  return {
    name: camera?.name ?? "",
    number: camera === undefined ? "" : String(camera.number),
    main_url: main?.url ?? "",
    sub_url: sub?.url ?? "",
    username: main?.username ?? "",
    password: "",
    retention_days: String(camera?.retention_days ?? ""),
    enabled: camera?.enabled ?? true,
    audio: main?.audio ?? false,
    priority: String(camera?.priority ?? 5),
    engine: main?.engine ?? "auto",
    transport: main?.transport ?? "auto",
    main: policyDraft(main, "always"),
    sub: policyDraft(sub, "never"),
    purposes: camera?.purposes ?? [],
    owner_agency: camera?.owner_agency ?? "",
    sign_posted: camera?.sign_posted ?? false,
    contact: camera?.contact ?? "",
  };
}

function policyDraft(stream: Stream | undefined, keep: Keeping): PolicyDraft {
  const { policy, record } = stream ?? {};
  return {
    keep: record === undefined ? keep : record ? (policy?.when ?? "always") : "never",
    rows: rowsOf(policy?.hours ?? []),
    pre: String(policy?.pre_seconds ?? 10),
    post: String(policy?.post_seconds ?? 30),
  };
}

/** The policy of a stream that is kept. */
function policyOf({ keep, rows, pre, post }: PolicyDraft): Policy {
  const when = keep === "never" ? "always" : keep;
  // Seconds that are not asked for any more may stand there half typed.
  const pre_seconds = isWithin(pre, 0, LONGEST_BEFORE) ? Number(pre) : 10;
  const post_seconds = isWithin(post, 1, LONGEST_AFTER) ? Number(post) : 30;
  return { when, hours: windowsOf(rows), pre_seconds, post_seconds };
}

/** What is wrong with it, beside `<name>.hours`, `<name>.pre_seconds` and `<name>.post_seconds`. */
function checkPolicy(name: string, { keep, rows, pre, post }: PolicyDraft): Record<string, string> {
  const wrong: Record<string, string> = {};
  if (keep === "schedule" && rows.length === 0) wrong[`${name}.hours`] = "required";
  const bad = keep === "schedule" || keep === "events" ? rows.map(checkRow).find((code) => code !== undefined) : undefined;
  if (bad !== undefined) wrong[`${name}.hours`] = bad;
  if (keep !== "events") return wrong;
  if (!isWithin(pre, 0, LONGEST_BEFORE)) wrong[`${name}.pre_seconds`] = "seconds-before";
  if (!isWithin(post, 1, LONGEST_AFTER)) wrong[`${name}.post_seconds`] = "seconds-after";
  return wrong;
}

export function checkCamera(draft: CameraDraft): Record<string, string> {
  const wrong: Record<string, string> = {};
  if (draft.name.trim() === "") wrong["name"] = "required";
  if (draft.main_url.trim() === "") wrong["main_url"] = "required";
  else if (!isAddress(draft.main_url)) wrong["main_url"] = "scheme";
  if (draft.sub_url.trim() !== "" && !isAddress(draft.sub_url)) wrong["sub_url"] = "scheme";
  if (!isCount(draft.number)) wrong["number"] = "not-number";
  if (!isCount(draft.retention_days)) wrong["retention_days"] = "not-number";
  if (draft.purposes.length === 0) wrong["purposes"] = "no-purpose";
  Object.assign(wrong, checkPolicy("policy", draft.main));
  if (draft.sub_url.trim() !== "") Object.assign(wrong, checkPolicy("sub_policy", draft.sub));
  return wrong;
}

/** For a new camera everything that is filled in; for a known one only what changed. */
export function cameraFields(draft: CameraDraft, camera: Camera | undefined): CameraFields {
  const before = cameraDraft(camera);
  const fields: CameraFields = {};
  const differs = (key: keyof CameraDraft) => camera === undefined || draft[key] !== before[key];
  if (differs("name")) fields.name = draft.name.trim();
  if (differs("number") && draft.number !== "") fields.number = Number(draft.number);
  if (differs("main_url")) fields.main_url = draft.main_url.trim();
  if (differs("sub_url")) fields.sub_url = draft.sub_url.trim() === "" ? null : draft.sub_url.trim();
  if (differs("username") && (draft.username !== "" || camera !== undefined)) fields.username = draft.username;
  if (draft.password !== "") fields.password = draft.password;
  if (differs("retention_days")) fields.retention_days = draft.retention_days === "" ? null : Number(draft.retention_days);
  if (differs("enabled")) fields.enabled = draft.enabled;
  if (differs("audio")) fields.audio = draft.audio;
  if (differs("priority")) fields.priority = Number(draft.priority);
  if (differs("engine")) fields.engine = draft.engine;
  if (differs("transport")) fields.transport = draft.transport;
  if (camera === undefined || draft.purposes.join() !== before.purposes.join()) fields.purposes = draft.purposes;
  if (differs("owner_agency")) fields.owner_agency = draft.owner_agency.trim();
  if (differs("sign_posted")) fields.sign_posted = draft.sign_posted;
  if (differs("contact")) fields.contact = draft.contact.trim();
  Object.assign(fields, keepingFields(draft, before, camera === undefined));
  return fields;
}

/** A policy is only sent while it is used: what is merely watched keeps the one it had. */
function keepingFields(draft: CameraDraft, before: CameraDraft, isNew: boolean): CameraFields {
  const fields: CameraFields = {};
  const differs = (one: PolicyDraft, other: PolicyDraft) => isNew || JSON.stringify(one) !== JSON.stringify(other);
  if (differs(draft.main, before.main)) {
    fields.record_main = draft.main.keep !== "never";
    if (fields.record_main) fields.policy = policyOf(draft.main);
  }
  if (draft.sub_url.trim() !== "" && (differs(draft.sub, before.sub) || before.sub_url === "")) {
    fields.record_sub = draft.sub.keep !== "never";
    if (fields.record_sub) fields.sub_policy = policyOf(draft.sub);
  }
  return fields;
}

export function userDraft(user: User | undefined): UserDraft {
  return {
    name: user?.name ?? "",
    role: user?.role ?? "viewer",
    password: "",
    all: user === undefined || user.cameras === null,
    cameras: user?.cameras ?? [],
    enabled: user?.enabled ?? true,
  };
}

export function checkUser(draft: UserDraft, isNew: boolean): Record<string, string> {
  const wrong: Record<string, string> = {};
  if (draft.name.trim() === "") wrong["name"] = "required";
  const { length } = draft.password;
  if ((isNew || length > 0) && length < SHORTEST_PASSWORD) wrong["password"] = "password-short";
  return wrong;
}

export function userFields(draft: UserDraft): UserFields {
  const fields: UserFields = {
    name: draft.name.trim(),
    role: draft.role,
    cameras: draft.role === "administrator" || draft.all ? null : [...draft.cameras],
    enabled: draft.enabled,
  };
  if (draft.password !== "") fields.password = draft.password;
  return fields;
}

function isAddress(url: string): boolean {
  return /^(rtsps?|https?|rtmps?|srt|tcp|udp):\/\/\S+$/i.test(url.trim());
}

function isWithin(text: string, least: number, most: number): boolean {
  return /^\d{1,4}$/.test(text.trim()) && Number(text) >= least && Number(text) <= most;
}

function isCount(text: string): boolean {
  return text.trim() === "" || /^[1-9]\d{0,4}$/.test(text.trim());
}
