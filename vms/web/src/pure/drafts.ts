/** What stands in a form, and what of it goes to the server. Field errors are codes. Pure. */

import type { Camera, CameraFields, RoleName, User, UserFields } from "../api/types";

export interface CameraDraft {
  readonly name: string;
  readonly number: string;
  readonly main_url: string;
  readonly sub_url: string;
  readonly username: string;
  readonly password: string;
  readonly retention_days: string;
  readonly enabled: boolean;
  readonly record_sub: boolean;
  readonly audio: boolean;
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
    record_sub: sub?.record ?? false,
    audio: main?.audio ?? false,
  };
}

export function checkCamera(draft: CameraDraft): Record<string, string> {
  const wrong: Record<string, string> = {};
  if (draft.name.trim() === "") wrong["name"] = "required";
  if (draft.main_url.trim() === "") wrong["main_url"] = "required";
  else if (!isRtsp(draft.main_url)) wrong["main_url"] = "scheme";
  if (draft.sub_url.trim() !== "" && !isRtsp(draft.sub_url)) wrong["sub_url"] = "scheme";
  if (!isCount(draft.number)) wrong["number"] = "not-number";
  if (!isCount(draft.retention_days)) wrong["retention_days"] = "not-number";
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
  if (differs("record_sub")) fields.record_sub = draft.record_sub;
  if (differs("audio")) fields.audio = draft.audio;
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

function isRtsp(url: string): boolean {
  return /^rtsps?:\/\/\S+$/i.test(url.trim());
}

function isCount(text: string): boolean {
  return text.trim() === "" || /^[1-9]\d{0,4}$/.test(text.trim());
}
