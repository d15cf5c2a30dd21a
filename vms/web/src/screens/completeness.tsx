/** Expected against stored, by camera and day, worst first; one camera's days with their reasons. */

import { useEffect, useState } from "preact/hooks";

import { client } from "../api/client";
import type { Account, Camera, SiteDay, StreamDays } from "../api/types";
import { Button, Dot, Notice } from "../parts/parts";
import { lost, reasons, share, sum, verdict, worstFirst, type Reason, type Verdict } from "../pure/accounts";
import { cameras } from "../state/site";
import { length, number } from "../words/amounts";
import { causeWords, errorWords } from "../words/problems";
import { say } from "../words/words";
import { dayWords, StreamDetails } from "./streamdays";

/** Cameras asked about at once: the first ones are seen while the others are counted. */
const AT_ONCE = 32;
const CHOICES = [7, 31] as const;
const TONES = { complete: "good", lossy: "bad", idle: "off", unknown: "off" } as const satisfies Record<Verdict, string>;

interface Counted {
  readonly days: readonly SiteDay[];
  readonly streams: readonly StreamDays[];
  readonly done: number;
  readonly of: number;
}

export function CompletenessSheet() {
  const [count, setCount] = useState<number>(CHOICES[0]);
  const [counted, setCounted] = useState<Counted | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const [round, setRound] = useState(0);
  const ids = (cameras.value ?? []).map(({ id }) => id);
  const key = ids.join();
  useEffect(() => {
    const stop = new AbortController();
    setError(undefined);
    void ask(ids, count, stop.signal, setCounted).catch((failure) => stop.signal.aborted || setError(failure));
    return () => stop.abort();
  }, [key, count, round]);
  return (
    <>
      <div class="sheet-bar">
        <h1>{say("complete.title")}</h1>
        <div class="choice" role="group" aria-label={say("complete.period")}>
          {CHOICES.map((choice) => (
            <Button key={choice} label={say("complete.days", { count: choice })} pressed={choice === count} testid={`days-${choice}`} onClick={() => setCount(choice)} />
          ))}
          <Button icon="replay" label={say("complete.again")} testid="count-again" onClick={() => setRound(round + 1)} />
        </div>
      </div>
      <p class="lead">{say("complete.lead")}</p>
      {error !== undefined && <Notice tone="bad">{errorWords(error)}</Notice>}
      {counted !== undefined && counted.done < counted.of && (
        <p class="counting" role="status">
          {say("complete.counting", { done: counted.done, count: counted.of })}
          <progress value={counted.done} max={counted.of} aria-label={say("complete.title")} />
        </p>
      )}
      {counted !== undefined && <Table counted={counted} />}
    </>
  );
}

async function ask(ids: readonly number[], days: number, stop: AbortSignal, put: (counted: Counted) => void): Promise<void> {
  let all: Counted = { days: [], streams: [], done: 0, of: ids.length };
  if (ids.length === 0) put(all);
  for (let at = 0; at < ids.length && !stop.aborted; at += AT_ONCE) {
    const some = ids.slice(at, at + AT_ONCE);
    const answer = await client.completeness(some, days);
    all = { ...all, days: answer.days, streams: [...all.streams, ...answer.streams], done: at + some.length };
    if (!stop.aborted) put(all);
  }
}

function Table({ counted: { days, streams, done, of } }: { counted: Counted }) {
  const [open, setOpen] = useState<StreamDays | undefined>(undefined);
  const byId = new Map((cameras.value ?? []).map((camera) => [camera.id, camera]));
  const known = streams.filter(({ camera_id }) => byId.has(camera_id));
  const place = ({ camera_id, role }: StreamDays) => byId.get(camera_id)!.number * 2 + (role === "sub" ? 1 : 0);
  const sorted = worstFirst(known, place);
  if (known.length === 0) return done < of ? null : <p class="muted">{say("complete.none")}</p>;
  return (
    <>
      {done === of && <Summary streams={sorted} />}
      <div class="table-place">
        <table class="table days" data-testid="completeness">
          <caption class="unseen">{say("complete.title")}</caption>
          <thead>
            <tr>
              <th class="num">{say("camera.number")}</th>
              <th>{say("health.camera")}</th>
              <th>{say("health.stream")}</th>
              <th>{say("complete.missing")}</th>
              {[...days].reverse().map((day) => (
                <th key={day.date} class="num" scope="col">
                  {dayWords(day)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.map((stream) => (
              <Row key={stream.stream_id} stream={stream} camera={byId.get(stream.camera_id)!} days={days} onOpen={() => setOpen(stream)} />
            ))}
          </tbody>
        </table>
      </div>
      {open !== undefined && (
        <StreamDetails stream={open} camera={byId.get(open.camera_id)!} days={days} onClose={() => setOpen(undefined)} />
      )}
    </>
  );
}

function Summary({ streams }: { streams: readonly StreamDays[] }) {
  const all = sum(streams.flatMap(({ days }) => days));
  const bad = streams.filter(({ days }) => lost(sum(days)) > 0).length;
  const words = { bad, count: streams.length, share: shareWords(all), length: length(lost(all)) };
  return (
    <p class="verdict" role="status">
      <Dot tone={bad === 0 ? "good" : "bad"} />
      {say(bad === 0 ? "complete.allWell" : "complete.someBad", words)}
    </p>
  );
}

interface RowProps {
  readonly stream: StreamDays;
  readonly camera: Camera;
  readonly days: readonly SiteDay[];
  readonly onOpen: () => void;
}

function Row({ stream, camera, days, onOpen }: RowProps) {
  const all = sum(stream.days);
  return (
    <tr data-camera={camera.id} data-role={stream.role} data-lost={lost(all)}>
      <td class="num">{camera.number}</td>
      <th scope="row">
        <button type="button" class="link" onClick={onOpen}>
          {camera.name}
        </button>
      </th>
      <td>{say(stream.role === "main" ? "health.main" : "health.sub")}</td>
      <td class="lost">
        {lost(all) === 0 ? say("complete.nothing") : length(lost(all))}
        <small class="cause">{reasons(all).slice(0, 1).map(reasonWords)}</small>
      </td>
      {stream.days
        .map((account, index) => <DayCell key={days[index]?.date ?? index} account={account} />)
        .reverse()}
    </tr>
  );
}

/** A share in numbers, a shape for who does not see colours, and the word for a screen reader. */
function DayCell({ account }: { account: Account | null }) {
  const is = verdict(account);
  return (
    <td class="num" data-verdict={is}>
      <span class={`status ${TONES[is]}`} title={say(`complete.${is}`)}>
        <Dot tone={TONES[is]} />
        {account === null || is === "idle" ? "–" : shareWords(account)}
        <span class="unseen">{say(`complete.${is}`)}</span>
      </span>
    </td>
  );
}

export function shareWords(account: Account): string {
  const percent = share(account);
  return percent === undefined ? "–" : say("unit.percent", { count: number(percent, percent === 100 ? 0 : 2) });
}

export function reasonWords({ cause, micros }: Reason): string {
  return say("complete.reason", { cause: causeWords(cause), length: length(micros) });
}
