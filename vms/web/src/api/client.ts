/** Every call to the server, typed, in one place. A failure is always an `ApiError`. */

import type { Micros, Span } from "../pure/walltime";
import type {
  Camera,
  CameraFields,
  CameraRuns,
  Completeness,
  Health,
  Probe,
  Problem,
  Session,
  Site,
  StreamName,
  TimelineAnswer,
  TimelineGap,
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

  timeline = (cameras: readonly number[], span: Span, pixels: number): Promise<TimelineAnswer> => {
    const query = new URLSearchParams({
      cameras: cameras.join(","),
      start: String(span.start),
      end: String(span.end),
      pixels: String(Math.max(1, Math.round(pixels))),
    });
    return this.json("GET", `/api/timeline?${query}`);
  };

  /** The gaps of one stream of a camera. */
  gaps = async (camera: number, stream: StreamName, span: Span): Promise<readonly TimelineGap[]> => {
    const asked = { cameras: String(camera), stream, start: String(span.start), end: String(span.end) };
    const answer = await this.json<TimelineAnswer>("GET", `/api/timeline?${new URLSearchParams(asked)}`);
    return answer.cameras[0]?.gaps ?? [];
  };

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
