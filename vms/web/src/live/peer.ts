/**
 * One WebRTC session of one camera: offers over WHEP, keeps the control channel, and when the
 * connection breaks offers anew by itself, with growing waits, until it is closed.
 */

import { ApiError, type Client } from "../api/client";
import type { StreamName } from "../api/types";
import type { Micros } from "../pure/walltime";
import { parseControl, type FromPlayer, type ToPlayer } from "./control";

export type PeerPhase = "connecting" | "on" | "lost" | "refused";

export interface PeerSink {
  media(stream: MediaStream): void;
  message(message: FromPlayer): void;
  /** `retryAt`: when it offers again, milliseconds of `performance.now()`. */
  phase(phase: PeerPhase, error: unknown, retryAt: number | undefined): void;
  /** The channel stands: say now what the offer could not. */
  ready(): void;
  /** Where a new session begins; undefined: live. */
  at(): Micros | undefined;
}

/** Host candidates are there at once; names of a slow resolver are not waited for. */
const GATHERING_MS = 400;
const CONNECTING_MS = 12_000;
/** A break of the path that heals within this time is not worth a new session. */
const HEALING_MS = 4_000;
const ANSWER_MS = 2_000;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;

export class Peer {
  private connection: RTCPeerConnection | undefined;
  private channel: RTCDataChannel | undefined;
  private location: string | null = null;
  private attempt: AbortController | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wait = FIRST_WAIT;
  private open = false;
  private heardAt = 0;

  constructor(
    private readonly client: Client,
    private readonly camera: number,
    private stream: StreamName,
    private readonly sink: PeerSink,
  ) {}

  start(): void {
    this.open = true;
    void this.connect();
  }

  close(): void {
    this.open = false;
    this.drop();
  }

  /** Try again now instead of waiting, for example because the camera came back. */
  nudge(): void {
    if (!this.open || this.connection !== undefined) return;
    this.wait = FIRST_WAIT;
    void this.connect();
  }

  /** The encoding that is wanted now, kept for the next session as well. */
  use(stream: StreamName): void {
    if (stream === this.stream) return;
    this.stream = stream;
    this.send({ op: "stream", stream });
  }

  /** False when the channel does not stand: `ready` comes when it does. */
  send(message: ToPlayer): boolean {
    if (this.channel?.readyState !== "open") return false;
    this.channel.send(JSON.stringify(message));
    return true;
  }

  /** Pictures stopped: does the player still answer? If not, begin anew without waiting for ICE. */
  check(): void {
    const attempt = this.attempt;
    const asked = performance.now();
    if (attempt === undefined || !this.send({ op: "ping", id: Math.round(asked) })) return;
    setTimeout(() => {
      if (this.heardAt < asked) this.failed(attempt, undefined);
    }, ANSWER_MS);
  }

  get receiver(): RTCRtpReceiver | undefined {
    return this.connection?.getReceivers().find(({ track }) => track.kind === "video");
  }

  private async connect(): Promise<void> {
    this.drop();
    const attempt = new AbortController();
    this.attempt = attempt;
    this.sink.phase("connecting", undefined, undefined);
    this.timer = setTimeout(() => this.failed(attempt, undefined), CONNECTING_MS);
    try {
      await this.negotiate(attempt.signal);
    } catch (error) {
      this.failed(attempt, error);
    }
  }

  private async negotiate(signal: AbortSignal): Promise<void> {
    const connection = this.prepared(signal);
    const offered = this.stream;
    await connection.setLocalDescription(await connection.createOffer());
    await gathered(connection);
    if (signal.aborted) return;
    const sdp = connection.localDescription?.sdp ?? "";
    const answer = await this.client.whep(this.camera, offered, this.sink.at(), sdp, signal);
    if (signal.aborted) {
      if (answer.location !== null) this.client.endWhep(answer.location);
      return;
    }
    this.location = answer.location;
    await connection.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    if (this.stream !== offered) this.send({ op: "stream", stream: this.stream });
  }

  private prepared(signal: AbortSignal): RTCPeerConnection {
    const connection = new RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" });
    const channel = connection.createDataChannel("control");
    connection.addTransceiver("video", { direction: "recvonly" });
    this.connection = connection;
    this.channel = channel;
    connection.ontrack = ({ track }) => {
      if (!signal.aborted) this.sink.media(new MediaStream([track]));
    };
    connection.onconnectionstatechange = () => this.changed(connection);
    channel.onopen = () => {
      if (!signal.aborted) this.sink.ready();
    };
    channel.onmessage = ({ data }) => {
      this.heardAt = performance.now();
      const message = parseControl(String(data));
      if (message !== undefined && !signal.aborted) this.sink.message(message);
    };
    return connection;
  }

  private changed(connection: RTCPeerConnection): void {
    const attempt = this.attempt;
    if (connection !== this.connection || attempt === undefined) return;
    const state = connection.connectionState;
    if (state === "connected") {
      clearTimeout(this.timer);
      this.wait = FIRST_WAIT;
      this.sink.phase("on", undefined, undefined);
    } else if (state === "failed" || state === "closed") this.failed(attempt, undefined);
    else if (state === "disconnected") {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.failed(attempt, undefined), HEALING_MS);
    }
  }

  private failed(attempt: AbortController, error: unknown): void {
    if (attempt !== this.attempt || attempt.signal.aborted) return;
    this.drop();
    if (!this.open) return;
    const refused = error instanceof ApiError && [403, 404].includes(error.status);
    const wait = (refused ? LONGEST_WAIT : this.wait) * (0.8 + 0.4 * Math.random());
    this.wait = Math.min(LONGEST_WAIT, this.wait * 2);
    this.sink.phase(refused ? "refused" : "lost", error, performance.now() + wait);
    this.timer = setTimeout(() => void this.connect(), wait);
  }

  private drop(): void {
    clearTimeout(this.timer);
    this.attempt?.abort();
    this.attempt = undefined;
    this.channel?.close();
    this.channel = undefined;
    const connection = this.connection;
    this.connection = undefined;
    connection?.close();
    if (this.location !== null) this.client.endWhep(this.location);
    this.location = null;
  }
}

function gathered(connection: RTCPeerConnection): Promise<void> {
  if (connection.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHERING_MS);
    connection.addEventListener("icegatheringstatechange", () => {
      if (connection.iceGatheringState !== "complete") return;
      clearTimeout(timer);
      resolve();
    });
  });
}
