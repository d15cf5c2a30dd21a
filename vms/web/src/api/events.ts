/**
 * Server-sent events: what changes, as it changes. EventSource itself resumes with Last-Event-ID; when
 * it gives up (an answer that is no stream), this opens a new one with growing waits.
 */

import type { NodeState, StreamState } from "./types";

export interface EventSink {
  stream(state: StreamState): void;
  node(state: NodeState): void;
  /** The list of cameras, or one of them, changed: read it again. */
  cameras(): void;
  /** The session ended or its rights changed: ask who we are. */
  session(): void;
  /** The stream of events stands (again): read what may have been missed. */
  opened(): void;
  lost(): void;
}

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 10_000;

export class Events {
  private source: EventSource | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wait = FIRST_WAIT;

  constructor(private readonly sink: EventSink) {}

  open(): void {
    this.close();
    const source = new EventSource("/api/events");
    this.source = source;
    source.onopen = () => {
      this.wait = FIRST_WAIT;
      this.sink.opened();
    };
    source.onerror = () => this.failed(source);
    this.hear(source, "stream", (state: StreamState) => this.sink.stream(state));
    this.hear(source, "node", (state: NodeState) => this.sink.node(state));
    this.hear(source, "cameras", () => this.sink.cameras());
    this.hear(source, "session", () => this.sink.session());
  }

  close(): void {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = undefined;
  }

  private hear<T>(source: EventSource, name: string, heard: (data: T) => void): void {
    source.addEventListener(name, (event) => {
      const data: string = (event as MessageEvent<string>).data;
      heard((data === "" ? {} : JSON.parse(data)) as T);
    });
  }

  private failed(source: EventSource): void {
    this.sink.lost();
    if (source.readyState !== EventSource.CLOSED) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), this.wait);
    this.wait = Math.min(LONGEST_WAIT, this.wait * 2);
  }
}
