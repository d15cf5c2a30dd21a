/** Every call to the server, typed, in one place. A failure is always an `ApiError`. */

import type { Micros, Span } from "../pure/walltime";
import type {
  ArchiveHealthOut,
  BookmarkIn,
  BookmarkOut,
  CalendarOut,
  Camera,
  CameraFields,
  CameraRuns,
  Completeness,
  DryRunOut,
  ForecastOut,
  GapOut,
  GroupIn,
  GroupOut,
  Health,
  LockIn,
  LockOut,
  LocksOut,
  NearestOut,
  Probe,
  Problem,
  ReceiptOut,
  RetentionIn,
  RetentionOut,
  RetentionSet,
  Session,
  Site,
  StreamName,
  TimelineOut,
  User,
  UserFields,
} from "./types";

export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title ?? String(problem.status));
  }

  /** 0 when the server did not answer at all. */
  get status(): number {
    return this.problem.status;
  }

  get kind(): string {
    return this.problem.status === 0 ? "network" : (this.problem.kind ?? "other");
  }
}

export interface WhepAnswer {
  readonly sdp: string;
  /** What to DELETE when the tile closes. */
  readonly location: string | null;
}

/** The most pixels the server draws: gaps shorter than one of them come as one with a count. */
const FINEST = "20000";

export class Client {
  /** Called when the server says that nobody is signed in (any more). */
  onSignedOut: () => void = () => {};

  constructor(private readonly fetcher: typeof fetch = (input, init) => fetch(input, init)) {}

  site = (): Promise<Site> => this.json("GET", "/api/site");

  setup = (name: string, password: string): Promise<unknown> =>
    this.json("POST", "/api/setup", { name, password });

  session = (): Promise<Session> => this.json("GET", "/api/session", undefined, true);

  signIn = (name: string, password: string): Promise<Session> =>
    this.json("POST", "/api/session", { name, password }, true);

  signOut = (): Promise<unknown> => this.json("DELETE", "/api/session");

  cameras = async (): Promise<readonly Camera[]> =>
    (await this.json<{ cameras: readonly Camera[] }>("GET", "/api/cameras")).cameras;

  addCamera = (camera: CameraFields): Promise<Camera> => this.json("POST", "/api/cameras", camera);

  changeCamera = (id: number, change: CameraFields): Promise<Camera> =>
    this.json("PATCH", `/api/cameras/${id}`, change);

  removeCamera = (id: number): Promise<unknown> => this.json("DELETE", `/api/cameras/${id}`);

  probe = (url: string, username: string, password: string): Promise<Probe> =>
    this.json("POST", "/api/cameras/probe", { url, username, password });

  users = async (): Promise<readonly User[]> =>
    (await this.json<{ users: readonly User[] }>("GET", "/api/users")).users;

  addUser = (user: UserFields): Promise<User> => this.json("POST", "/api/users", user);

  changeUser = (id: number, change: UserFields): Promise<User> =>
    this.json("PATCH", `/api/users/${id}`, change);

  removeUser = (id: number): Promise<unknown> => this.json("DELETE", `/api/users/${id}`);

  health = (): Promise<Health> => this.json("GET", "/api/health");

  timeline = (cameras: readonly number[], span: Span, pixels: number): Promise<TimelineOut> => {
    const query = new URLSearchParams({
      cameras: cameras.join(","),
      start: String(span.start),
      end: String(span.end),
      pixels: String(Math.max(1, Math.round(pixels))),
    });
    return this.json("GET", `/api/timeline?${query}`);
  };

  /** The gaps of one stream of a camera. */
  gaps = async (camera: number, stream: StreamName, span: Span): Promise<readonly GapOut[]> => {
    const asked = { cameras: String(camera), stream, start: String(span.start), end: String(span.end), pixels: FINEST };
    const answer = await this.json<TimelineOut>("GET", `/api/timeline?${new URLSearchParams(asked)}`);
    return answer.cameras[0]?.gaps ?? [];
  };

  calendar = (camera: number, from: string, days: number): Promise<CalendarOut> =>
    this.json("GET", `/api/calendar?cameras=${camera}&from_date=${from}&days=${days}`);

  nearest = (camera: number, at: Micros): Promise<NearestOut> =>
    this.json("GET", `/api/cameras/${camera}/nearest?at=${Math.round(at)}`);

  /** `active`: only those that hold. */
  locks = (active: boolean): Promise<LocksOut> => this.json("GET", `/api/locks?active=${active}`);

  lock = (id: number): Promise<LockOut> => this.json("GET", `/api/locks/${id}`);

  addLock = (lock: LockIn): Promise<LockOut> => this.json("POST", "/api/locks", lock);

  askRelease = (id: number, reason: string): Promise<LockOut> =>
    this.json("POST", `/api/locks/${id}/release`, { reason });

  withdrawRelease = (id: number): Promise<LockOut> => this.json("DELETE", `/api/locks/${id}/release`);

  confirmRelease = (id: number): Promise<LockOut> => this.json("POST", `/api/locks/${id}/confirm`);

  bookmarks = async (text: string): Promise<readonly BookmarkOut[]> =>
    (await this.json<{ bookmarks: readonly BookmarkOut[] }>("GET", `/api/bookmarks?${new URLSearchParams({ text })}`)).bookmarks;

  addBookmark = (camera: number, bookmark: BookmarkIn): Promise<BookmarkOut> =>
    this.json("POST", `/api/cameras/${camera}/bookmarks`, bookmark);

  removeBookmark = (camera: number, id: number): Promise<unknown> =>
    this.json("DELETE", `/api/cameras/${camera}/bookmarks/${id}`);

  groups = async (): Promise<readonly GroupOut[]> =>
    (await this.json<{ groups: readonly GroupOut[] }>("GET", "/api/groups")).groups;

  addGroup = (group: GroupIn): Promise<GroupOut> => this.json("POST", "/api/groups", group);

  changeGroup = (id: number, group: GroupIn): Promise<GroupOut> => this.json("PATCH", `/api/groups/${id}`, group);

  removeGroup = (id: number): Promise<unknown> => this.json("DELETE", `/api/groups/${id}`);

  retention = (): Promise<RetentionOut> => this.json("GET", "/api/retention");

  setRetention = (asked: RetentionIn): Promise<RetentionSet> => this.json("POST", "/api/retention", asked);

  dryRun = (asked: RetentionIn): Promise<DryRunOut> => this.json("POST", "/api/retention/dry-run", asked);

  cancelChange = (id: number): Promise<unknown> => this.json("DELETE", `/api/retention/changes/${id}`);

  forecast = (): Promise<ForecastOut> => this.json("GET", "/api/retention/forecast");

  /** Newest first; `before`: only those older than this one. */
  receipts = async (before?: number): Promise<readonly ReceiptOut[]> => {
    const page = before === undefined ? "" : `&before=${before}`;
    const answer = await this.json<{ receipts: readonly ReceiptOut[] }>("GET", `/api/retention/receipts?limit=50${page}`);
    return answer.receipts;
  };

  archive = (): Promise<ArchiveHealthOut> => this.json("GET", "/api/archive");

  runs = (camera: number, stream: StreamName, span: Span): Promise<CameraRuns> => {
    const asked = { stream, start: String(span.start), end: String(span.end) };
    return this.json("GET", `/api/cameras/${camera}/runs?${new URLSearchParams(asked)}`);
  };

  completeness = (cameras: readonly number[], days: number): Promise<Completeness> =>
    this.json("GET", `/api/completeness?cameras=${cameras.join(",")}&days=${days}`);

  clipUrl = (camera: number, span: Span): string =>
    `/api/cameras/${camera}/clip.mp4?start=${span.start}&end=${span.end}`;

  /** The answer whose body is the clip; the caller reads it. */
  clip = (camera: number, span: Span, signal: AbortSignal): Promise<Response> =>
    this.send(this.clipUrl(camera, span), { signal });

  /** Exchange an offer for an answer (WHEP). `at` absent: live. */
  whep = async (
    camera: number,
    stream: StreamName,
    at: Micros | undefined,
    sdp: string,
    signal: AbortSignal,
  ): Promise<WhepAnswer> => {
    const moment = at === undefined ? "" : `&at=${Math.round(at)}`;
    const response = await this.send(`/whep/${camera}?stream=${stream}${moment}`, {
      method: "POST",
      headers: { "Content-Type": "application/sdp" },
      body: sdp,
      signal,
    });
    return { sdp: await response.text(), location: response.headers.get("Location") };
  };

  /** Also when the page is being left, hence `keepalive`. Its outcome changes nothing. */
  endWhep = (location: string): void => {
    void this.fetcher(location, { method: "DELETE", keepalive: true }).catch(() => undefined);
  };

  private async json<T>(method: string, url: string, body?: unknown, asking = false): Promise<T> {
    const sent: RequestInit = { method, headers: { Accept: "application/json" } };
    if (body !== undefined) {
      sent.headers = { ...sent.headers, "Content-Type": "application/json" };
      sent.body = JSON.stringify(body);
    }
    const response = await this.send(url, sent, asking);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  private async send(url: string, init: RequestInit, asking = false): Promise<Response> {
    let response: Response;
    try {
      response = await this.fetcher(url, { credentials: "same-origin", ...init });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw new ApiError({ status: 0 });
    }
    if (response.ok) return response;
    if (response.status === 401 && !asking) this.onSignedOut();
    throw new ApiError(await problemOf(response));
  }
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    return { ...((await response.json()) as Problem), status: response.status };
  } catch {
    return { status: response.status, title: response.statusText };
  }
}

export const client = new Client();
