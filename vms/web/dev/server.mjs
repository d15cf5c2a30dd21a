/**
 * A site without cameras: serves dist/ under the same policy as the real server, answers the API from
 * memory, and lets `peer.js` be the player inside the page. For looking at screens, not for proof.
 *
 *   npm run build && npm run fake            # then open the address it prints
 *   FAKE=empty | setup | signed-out          # other beginnings;  FAKE_CAMERAS=16  a fuller wall
 */

import { ARCHIVE, activity, byArchiveId, marksOf } from "./archive.mjs";
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(HERE, "..", "dist");
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const POLICY = "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; frame-ancestors 'none'";
const PLACES = [
  "Simpang Empat Bontang Baru", "Gerbang Pelabuhan Loktuan", "Pasar Taman Rawa Indah",
  "Jembatan Sungai Guntung", "Pelabuhan Tanjung Laut", "Alun-alun Bontang Utara",
  "Jalan Ahmad Yani Utara", "Bundaran Tugu Selamat Datang", "Terminal Bontang Kuala",
  "Kantor Wali Kota, halaman", "Simpang Tiga Berbas", "Stadion Bessai Berinta",
  "RSUD Taman Husada, gerbang", "Jalan MH Thamrin", "Kampung Nelayan Selambai", "Hutan Kota Bontang",
];
const began = Date.now();
const second = 1_000_000;
const now = () => Date.now() * 1000;
const FAKE = process.env.FAKE ?? "";
let signedIn = FAKE !== "signed-out" && FAKE !== "setup";
let needsSetup = FAKE === "setup";

const SITE = () => ({
  name: "Kota Bontang", zone: "Asia/Makassar", language: "id", version: "0.1.0", needs_setup: needsSetup,
});
const ADMIN = { id: 1, name: "admin", role: "administrator", cameras: null, enabled: true };
let users = [ADMIN, { id: 2, name: "rina", role: "viewer", cameras: [1, 2, 3], enabled: true }];
let cameras = FAKE === "empty" || FAKE === "setup"
  ? []
  : PLACES.slice(0, Number(process.env.FAKE_CAMERAS ?? 6)).map((name, index) => camera(index + 1, { name }));

function camera(id, fields) {
  return {
    id, number: fields.number ?? id, name: fields.name, enabled: fields.enabled ?? true,
    retention_days: fields.retention_days ?? null, priority: fields.priority ?? 5,
    purposes: fields.purposes ?? (id === 6 ? [] : ["security", "traffic"]), owner_agency: fields.owner_agency ?? "Dinas Perhubungan",
    sign_posted: fields.sign_posted ?? true, contact: fields.contact ?? "",
    streams: ["main", "sub"].map((role, index) => ({
      id: id * 10 + index, role, record: (index === 0 ? fields.record_main : fields.record_sub) ?? index === 0,
      audio: false, engine: fields.engine ?? "auto", transport: fields.transport ?? "auto",
      policy: (index === 0 ? fields.policy : fields.sub_policy) ?? policyOf(id),
      url: fields[`${role}_url`] ?? `rtsp://10.20.0.${id}:554/${role}`, username: "",
    })),
  };
}

/** Camera 2 is kept at certain hours, camera 3 around events, all others always. */
function policyOf(id) {
  const hours = [0, 1, 2, 3, 4].map((weekday) => ({ weekday, start_minute: 480, end_minute: 1020 }));
  const night = [{ weekday: 5, start_minute: 1320, end_minute: 1440 }, { weekday: 6, start_minute: 0, end_minute: 360 }];
  return { when: { 2: "schedule", 3: "events" }[id] ?? "always", hours: id === 2 ? [...hours, ...night] : [], pre_seconds: 10, post_seconds: 30 };
}

/** Camera 4 lost hours, camera 5 some seconds, camera 2 rests outside its hours. */
function account(id, start, end) {
  const total = Math.min(end, now() - 3 * second) - start;
  if (total <= 0 || (id === 6 && start < now() - 3 * 86_400 * second)) return null;
  const excused = id === 2 ? { schedule: Math.floor(total * 0.6) } : {};
  if (id === 3) excused["no-event"] = Math.floor(total * 0.93);
  const missing = {};
  if (id === 4) Object.assign(missing, { "bad-password": 6_542 * second, unreachable: 754 * second });
  if (id === 5) missing.stalled = 7 * second;
  const sumOf = (all) => Object.values(all).reduce((one, other) => one + other, 0);
  const expected = total - sumOf(excused);
  const unexplained = id === 4 ? 12 * second : 0;
  return { expected, stored: expected - sumOf(missing) - unexplained, missing, unexplained, excused, pending: end > now() ? 3 * second : 0 };
}

/** Camera 4 refuses the password, camera 5 is recorded on a full disk. */
function states({ id, streams }) {
  return streams.map(({ id: stream_id, role }) => {
    const down = id === 4;
    return {
      stream_id, camera_id: id, role,
      condition: down ? "down" : role === "main" && id !== 3 ? "recording" : "watchable",
      cause: down ? "bad-password" : id === 3 && role === "main" ? "no-event" : id === 5 && role === "main" ? "disk-full" : null, detail: "",
      since: began * 1000 - 754 * second, last_picture: down ? began * 1000 - 754 * second : now(),
      codec: down ? "" : "avc1.4d0028", width: role === "main" ? 1920 : 640, height: role === "main" ? 1080 : 360,
      fps: down ? 0 : 25, bitrate: down ? 0 : role === "main" ? 4_120_000 : 512_000,
    };
  });
}

function lane(id, start, end) {
  const gaps = [
    { start: began * 1000 - 2_400 * second, end: began * 1000 - 2_100 * second - id * 30 * second, cause: "unreachable", detail: "" },
    { start: began * 1000 - 5_400 * second, end: began * 1000 - 4_500 * second, cause: "schedule", detail: "" },
    { start: began * 1000 - 90_000 * second, end: began * 1000 - 87_000 * second, cause: "recorder-off", detail: "" },
  ];
  if (id === 4) gaps.push({ start: began * 1000 - 754 * second, end: null, cause: "bad-password", detail: "" });
  gaps.sort((a, b) => a.start - b.start);
  const spans = [];
  let at = began * 1000 - 20 * 86_400 * second;
  for (const gap of [...gaps, { start: now(), end: now() }]) {
    if (gap.start > at) spans.push([at, gap.start]);
    at = gap.end ?? now();
  }
  const seen = (from, until) => until > start && from < end;
  return { camera_id: id, spans: spans.filter(([s, e]) => seen(s, e)), gaps: gaps.filter((g) => seen(g.start, g.end ?? now())).map((g) => ({ ...g, count: 1 })), ...marksOf(id) };
}

const NODES = () => [
  { node: "bontang-1", role: "record", at: now(), problems: process.env.FAKE_PROBLEM ? [{ code: process.env.FAKE_PROBLEM, detail: "", since: now() - 90 * second }] : [], lost: false },
  { node: "bontang-1", role: "play", at: now(), problems: [], lost: false },
  { node: "bontang-1", role: "api", at: now(), problems: [], lost: false },
];

const followers = new Set();
const tell = (event, data) => followers.forEach((to) => to.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
setInterval(() => cameras.flatMap(states).forEach((state) => tell("stream", state)), 2000).unref();

const ROUTES = {
  "GET /api/site": () => SITE(),
  "POST /api/setup": () => { needsSetup = false; signedIn = true; return {}; },
  "GET /api/session": () => signedIn ? { user: ADMIN, site: SITE() } : problem(401, "denied", "nobody is signed in"),
  "POST /api/session": ({ body }) => {
    signedIn = body.password !== "wrong";
    return signedIn ? { user: ADMIN, site: SITE() } : problem(403, "denied", "name or password is wrong");
  },
  "DELETE /api/session": () => { signedIn = false; return {}; },
  "GET /api/cameras": () => ({ cameras: cameras.map((each) => ({ ...each, states: states(each) })) }),
  "POST /api/cameras": ({ body }) => {
    if (cameras.some(({ number }) => number === body.number)) return problem(409, "conflict", "number is taken", [{ field: "number", message: "taken" }]);
    const added = camera(cameras.length + 1, body);
    cameras.push(added);
    tell("cameras", {});
    return { ...added, states: states(added) };
  },
  "POST /api/cameras/probe": ({ body }) => body.url.includes("bad")
    ? { ...problem(400, "invalid", ""), cause: "bad-password" }
    : { codec: "hvc1.1.6.L93.B0", width: 2560, height: 1440, fps: 25, audio: null },
  "GET /api/users": () => ({ users }),
  "POST /api/users": ({ body }) => { users.push({ ...body, id: users.length + 1 }); return users.at(-1); },
  "GET /api/health": () => ({ now: now(), nodes: NODES(), streams: cameras.flatMap(states) }),
  "GET /api/completeness": ({ query }) => {
    const midnight = Math.floor((now() / second + 28_800) / 86_400) * 86_400 * second - 28_800 * second;
    const days = Array.from({ length: Number(query.get("days")) }, (_, index, count = Number(query.get("days"))) => {
      const start = midnight - (count - 1 - index) * 86_400 * second;
      return { date: new Date((start + 28_800 * second) / 1000).toISOString().slice(0, 10), start, end: start + 86_400 * second };
    });
    const asked = query.get("cameras").split(",").map(Number);
    const streams = cameras.filter(({ id }) => asked.includes(id)).flatMap(({ id, streams: all }) => all.filter(({ record }) => record).map(
      ({ id: stream_id, role }) => ({ camera_id: id, stream_id, role, days: days.map(({ start, end }) => account(id, start, end)) })));
    return { now: now(), zone: "Asia/Makassar", days, streams };
  },
  "GET /api/timeline": ({ query }) => {
    const [start, end] = [Number(query.get("start")), Number(query.get("end"))];
    const bucket = Math.max(1, Math.round((end - start) / Number(query.get("pixels") ?? 1000)));
    const cameras = query.get("cameras").split(",").map((id) => ({ ...lane(Number(id), start, end), activity: activity(Number(id), start, end, bucket), usual_bitrate: 4_000_000 }));
    return { start, end, now: now(), bucket_start: start, bucket, with_events: true, cameras };
  },
  ...ARCHIVE(() => cameras),
};

function problem(status, kind, detail, errors) {
  return { type: "about:blank", title: kind, status, kind, detail, errors };
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, "http://fake");
  if (url.pathname === "/api/events") return events(request, response);
  const handler = ROUTES[`${request.method} ${url.pathname}`] ?? byId(request.method, url.pathname);
  if (handler !== undefined) {
    const answer = handler({ body: await json(request), query: url.searchParams });
    const status = answer.kind === undefined ? 200 : answer.status;
    response.writeHead(status, { "Content-Type": "application/json" });
    return response.end(JSON.stringify(answer));
  }
  return file(url.pathname, response);
});

function runs(query) {
  const start = Number(query.get("start"));
  const at = (seconds) => start + seconds * second;
  return {
    left_out: 0,
    runs: [
      { start: at(-600), end: at(9_000), cause: "stalled", camera_clock: "sender-report", camera_offset: -2_140_000, media_ppm: 37, steps: 1, lost: 12 },
      { start: at(9_060), end: null, cause: null, camera_clock: "none", camera_offset: null, media_ppm: -4, steps: 0, lost: 0 },
    ],
    steps: [{ at: at(4_000), clock: "camera", micros: -30 * second }],
  };
}

function byId(method, path) {
  if (/^\/api\/cameras\/\d+\/runs$/.test(path)) return ({ query }) => runs(query);
  const archive = byArchiveId(method, path);
  if (archive !== undefined) return archive;
  const [, list, id] = /^\/api\/(cameras|users)\/(\d+)$/.exec(path) ?? [];
  if (list === undefined) return undefined;
  return ({ body }) => {
    const change = (all) => method === "DELETE"
      ? all.filter((each) => each.id !== Number(id))
      : all.map((each) => (each.id === Number(id) ? { ...each, ...body } : each));
    if (list === "cameras") cameras = change(cameras);
    else users = change(users);
    return {};
  };
}

function events(request, response) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  followers.add(response);
  NODES().forEach((node) => response.write(`event: node\ndata: ${JSON.stringify(node)}\n\n`));
  request.on("close", () => followers.delete(response));
}

async function json(request) {
  let text = "";
  for await (const part of request) text += part;
  try { return JSON.parse(text); } catch { return {}; }
}

function file(path, response) {
  const known = normalize(path === "/" ? "/index.html" : path);
  try {
    let text = readFileSync(known === "/peer.js" ? join(HERE, "peer.js") : join(DIST, known));
    if (known === "/index.html") text = String(text).replace("<script", '<script src="/peer.js"></script><script');
    response.writeHead(200, { "Content-Type": TYPES[extname(known)] ?? "application/octet-stream", "Content-Security-Policy": POLICY });
    response.end(text);
  } catch {
    response.writeHead(404).end();
  }
}

server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
