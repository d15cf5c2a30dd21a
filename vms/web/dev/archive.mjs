/** The fake site's archive: marks, locks, groups, retention, health. In memory, for looking at screens. */

const second = 1_000_000;
const hour = 3_600 * second;
const day = 24 * hour;
const now = () => Date.now() * 1000;
const began = now();

let locks = [
  lock(1, "LP/112/XI/2026", [1, 2], "holds"), lock(2, "LP/98/XI/2026", [4], "asked"),
  { ...lock(3, "LP/71/X/2026", [3, 5, 1, 2], "released"), released: began - 2 * day, released_by: "rina", release_reason: "perkara selesai" },
];
let bookmarks = [
  { id: 1, camera_id: 1, at: began - 1_200 * second, end: null, title: "mobil merah menerobos", note: "plat KT 1 AB", made: began - hour, made_by: "rina", mine: false },
  { id: 2, camera_id: 1, at: began - 3_000 * second, end: began - 2_700 * second, title: "kerumunan", note: "", made: began - hour, made_by: "admin", mine: true },
];
let groups = [{ id: 1, name: "Pelabuhan", cameras: [2, 5] }];
let scopes = [
  { scope: "site", owner_id: 0, policy: policy({ max_days: 30, min_days: 7 }) },
  { scope: "group", owner_id: 1, policy: policy({ max_days: 90, event_days: 180 }) },
];
let pending = [{ id: 1, scope: "camera", owner_id: 3, policy: policy({ max_days: 7 }), made: began - hour, made_by: "admin", reason: "permintaan pemilik", effective: began + 23 * hour }];

function policy(fields) {
  return { max_days: null, min_days: null, quota_bytes: null, event_days: null, ...fields };
}

function lock(id, case_number, cameras, state) {
  const start = began - 1_800 * second;
  return {
    id, case_number, reason: "tabrakan lari, permintaan Polres", state,
    spans: cameras.map((camera_id) => ({ camera_id, start, end: start + 600 * second })),
    created: began - day, created_by: "admin", expires: id === 1 ? null : began + 90 * day,
    release_asked: state === "asked" ? began - hour : null, release_asked_by: state === "asked" ? "rina" : "",
    release_reason: state === "asked" ? "perkara dicabut" : "", released: null, released_by: "",
  };
}

export function marksOf(id) {
  const mine = locks.filter(({ state, spans }) => state !== "released" && spans.some(({ camera_id }) => camera_id === id));
  return {
    locks: mine.map((each) => ({ lock_id: each.id, case_number: each.case_number, ...each.spans.find(({ camera_id }) => camera_id === id) })).map(({ camera_id, ...mark }) => mark),
    bookmarks: bookmarks.filter(({ camera_id }) => camera_id === id).map(({ id: bookmark_id, at, end, title }) => ({ bookmark_id, at, end, title, count: 1 })),
    events: id === 3 ? [0, 1, 2, 7].map((n) => ({ at: began - (400 + n * 300) * second, kind: "motion", count: n + 1 })) : [],
  };
}

export function activity(id, start, end, bucket) {
  const levels = [];
  for (let at = start; at < end; at += bucket) {
    const wave = Math.sin(at / (600 * second) + id) + Math.sin(at / (97 * second) + id * 3);
    const gone = (id === 4 && at > began - 754 * second) || (at > began - 2_400 * second && at < began - (2_100 + id * 30) * second) || (at > began - 5_400 * second && at < began - 4_500 * second);
    levels.push(gone || at > now() ? null : Math.max(20, Math.round(110 + 70 * wave)));
  }
  return levels;
}

const store = () => ({ total: 10e12, free: 1.4e12, used: 8.1e12, fill: 0.86, protected: 0.31, level: "ok", per_day: 2.1e11, days_left: 41.2 });

export const ARCHIVE = (cameras) => ({
  "GET /api/calendar": ({ query }) => {
    const first = Date.parse(`${query.get("from_date")}T00:00:00+08:00`) * 1000;
    const days = Array.from({ length: Number(query.get("days")) }, (_, n) => ({ date: new Date((first + n * day + 8 * hour) / 1000).toISOString().slice(0, 10), start: first + n * day, end: first + (n + 1) * day }));
    const recorded = days.map(({ start }, n) => (start > now() ? 0 : Math.min(day, now() - start, [day, day - 60 * second, 17.4 * hour, 9 * hour, 2 * hour, 0, day][n % 7])));
    return { zone: "Asia/Makassar", now: now(), days, cameras: [{ camera_id: Number(query.get("cameras")), recorded, size: recorded, events: days.map((_, n) => n % 5) }] };
  },
  "GET /api/locks": ({ query }) => ({ now: now(), two_persons: true, locks: locks.filter(({ state }) => query.get("active") !== "true" || state !== "released") }),
  "POST /api/locks": ({ body }) => { locks = [{ ...lock(locks.length + 1, body.case_number, [], "holds"), ...body }, ...locks]; return locks[0]; },
  "GET /api/bookmarks": ({ query }) => ({ bookmarks: bookmarks.filter(({ title }) => title.includes(query.get("text") ?? "")) }),
  "GET /api/groups": () => ({ groups }),
  "POST /api/groups": ({ body }) => { groups = [...groups, { id: groups.length + 1, ...body }]; return groups.at(-1); },
  "GET /api/retention": () => ({
    now: now(), delay: day, scopes, pending,
    cameras: cameras().map(({ id }) => {
      const inGroup = groups.some((group) => group.cameras.includes(id));
      const site = { scope: "site", owner_id: 0 };
      return {
        camera_id: id, max_days: inGroup ? { value: 90, scope: "group", owner_id: 1 } : { value: 30, ...site }, min_days: { value: 7, ...site },
        quota_bytes: { value: null, scope: null, owner_id: 0 }, event_days: inGroup ? { value: 180, scope: "group", owner_id: 1 } : { value: null, scope: null, owner_id: 0 },
      };
    }),
  }),
  "POST /api/retention": ({ body }) => {
    const waits = { id: pending.length + 1, scope: body.scope, owner_id: body.owner_id, policy: body.policy, made: now(), made_by: "admin", reason: body.reason, effective: now() + day };
    pending = [...pending, waits];
    return { pending: waits };
  },
  "POST /api/retention/dry-run": ({ body }) => body.policy.max_days === null || body.policy.max_days >= 30
    ? { segments: 0, size: 0, oldest: null, newest: null, locked_size: 0, cameras: [] }
    : { segments: 51_840, size: 3.2e12, oldest: began - 43 * day, newest: began - 14 * day, locked_size: 2.1e10, cameras: cameras().map(({ id }) => ({ camera_id: id, segments: 8_640, size: 5.3e11 - id * 1e10, oldest: began - 43 * day, newest: began - 14 * day, locked_size: 0 })) },
  "GET /api/retention/forecast": () => ({
    now: now(), minimum_bytes: 1.1e12, store: store(),
    cameras: cameras().map(({ id }) => ({ camera_id: id, size: 1.2e12 - id * 4e10, oldest: began - 29.6 * day, newest: now(), per_day: 4.1e10, kept_days: 29.6, days_left: id === 2 ? 5.2 : 30, min_days: 7, max_days: 30, minimum_met: id !== 2, quota_met: true, locked_size: 0 })),
  }),
  "GET /api/retention/receipts": () => ({
    receipts: ["max_days 30: site", "quota_bytes 500000000000: camera 3", "event_days 180: group 1"].map((why, n) => ({ id: 412 - n, at: began - n * hour, camera_id: n + 1, stream_id: (n + 1) * 10, why, start: began - (31 + n) * day, end: began - (30 + n) * day, segments: 1_440, size: 4.1e10, merkle_root: "9f3c".repeat(16) })),
  }),
  "GET /api/archive": () => ({
    now: now(), store: store(), damaged: 1, garbage: 12, garbage_size: 3.3e8, object_lock: false, scrub_began: began - 3 * hour,
    damage: [{ camera_id: 2, stream_id: 20, start: began - 50 * hour, end: began - 50 * hour + 60 * second, kind: "hash", found: began - hour, detail: "" }],
  }),
});

const NEAREST = (id, at) => ({ at, nearest: at, recorded: true, next: at + 600 * second, previous: at - 600 * second, gap: null });

export function byArchiveId(method, path) {
  const [, camera] = /^\/api\/cameras\/(\d+)\/nearest$/.exec(path) ?? [];
  if (camera !== undefined) return ({ query }) => NEAREST(Number(camera), Number(query.get("at")));
  const [, marked] = /^\/api\/cameras\/(\d+)\/bookmarks$/.exec(path) ?? [];
  if (marked !== undefined) return ({ body }) => { bookmarks = [{ id: bookmarks.length + 1, camera_id: Number(marked), end: null, note: "", made: now(), made_by: "admin", mine: true, ...body }, ...bookmarks]; return bookmarks[0]; };
  const [, list, id, act] = /^\/api\/(locks|groups|retention\/changes|cameras\/\d+\/bookmarks)\/(\d+)(?:\/(\w+))?$/.exec(path) ?? [];
  if (list === undefined) return undefined;
  return ({ body }) => change(method, list, Number(id), act, body);
}

function change(method, list, id, act, body) {
  const without = (all) => all.filter((each) => each.id !== id);
  if (list === "groups") return void (groups = method === "DELETE" ? without(groups) : groups.map((each) => (each.id === id ? { ...each, ...body } : each))) ?? {};
  if (list === "retention/changes") return void (pending = without(pending)) ?? {};
  if (list !== "locks") return void (bookmarks = without(bookmarks)) ?? {};
  const asked = { state: "asked", release_asked: now(), release_asked_by: "admin", release_reason: body.reason };
  const next = method === "DELETE" ? { state: "holds" } : act === "release" ? asked : act === "confirm" ? { state: "released", released: now(), released_by: "admin" } : {};
  locks = locks.map((each) => (each.id === id ? { ...each, ...next } : each));
  const found = locks.find((each) => each.id === id);
  return { ...found, real: found.spans.map((span) => ({ ...span, stream_id: span.camera_id * 10, start: span.start - 12 * second, end: span.end + 31 * second })) };
}
