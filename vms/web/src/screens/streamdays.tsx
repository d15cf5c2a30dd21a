/** One stream's days: what was expected, what is stored, and each gap with its reason. */

import { Fragment } from "preact";
import { useEffect, useState } from "preact/hooks";

import { client } from "../api/client";
import type { Account, Camera, CameraRuns, GapOut, SiteDay, StreamDays } from "../api/types";
import { Dialog } from "../parts/form";
import { Button, Notice } from "../parts/parts";
import { excuses, lost, reasons } from "../pure/accounts";
import { now, siteTime } from "../state/site";
import { length } from "../words/amounts";
import { causeWords, errorWords } from "../words/problems";
import { language, say } from "../words/words";
import { reasonWords, shareWords } from "./completeness";
import { RunList } from "./dayruns";

interface DetailsProps {
  readonly stream: StreamDays;
  readonly camera: Camera;
  readonly days: readonly SiteDay[];
  readonly onClose: () => void;
}

export function dayWords(day: SiteDay): string {
  return siteTime.value.shortDate(day.start, language.value);
}

export function StreamDetails({ stream, camera, days, onClose }: DetailsProps) {
  const [chosen, setChosen] = useState<SiteDay | undefined>(undefined);
  const role = say(stream.role === "main" ? "health.main" : "health.sub");
  const newest = days.map((day, index) => ({ day, account: stream.days[index] ?? null })).reverse();
  return (
    <Dialog title={say("complete.of", { name: camera.name, stream: role })} onClose={onClose} wide testid="stream-days">
      <div class="table-place">
        <table class="table stack">
          <thead>
            <tr>
              <th>{say("complete.day")}</th>
              <th class="num">{say("complete.expected")}</th>
              <th class="num">{say("complete.stored")}</th>
              <th>{say("complete.why")}</th>
              <th>
                <span class="unseen">{say("admin.actions")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {newest.map(({ day, account }) => (
              <Fragment key={day.date}>
                <DayRow day={day} account={account} open={chosen === day} onOpen={() => setChosen(chosen === day ? undefined : day)} />
                {chosen === day && (
                  <tr>
                    <td colSpan={5}>
                      <Gaps camera={camera} stream={stream} day={day} />
                    </td>
                  </tr>
                )}
              </Fragment>
            ))}
          </tbody>
        </table>
      </div>
      <div class="dialog-foot">
        <Button label={say("help.close")} onClick={onClose} />
      </div>
    </Dialog>
  );
}

interface DayProps {
  readonly day: SiteDay;
  readonly account: Account | null;
  readonly open: boolean;
  readonly onOpen: () => void;
}

function DayRow({ day, account, open, onOpen }: DayProps) {
  if (account === null)
    return (
      <tr>
        <th scope="row">{dayWords(day)}</th>
        <td colSpan={4} class="muted">
          {say("complete.unknown")}
        </td>
      </tr>
    );
  return (
    <tr data-day={day.date}>
      <th scope="row">{dayWords(day)}</th>
      <td class="num" data-label={say("complete.expected")}>{account.expected === 0 ? "–" : length(account.expected)}</td>
      <td class="num" data-label={say("complete.stored")}>
        {length(account.stored)}
        <small class="cause">{shareWords(account)}</small>
      </td>
      <td class="why">
        <Why account={account} />
      </td>
      <td class="row-actions">
        <Button label={say("complete.gaps")} expanded={open} testid={`gaps-${day.date}`} onClick={onOpen} />
      </td>
    </tr>
  );
}

/** Everything that is not stored, in words, what is missing before what was not wanted. */
function Why({ account }: { account: Account }) {
  const { pending } = account;
  return (
    <>
      {lost(account) === 0 && account.expected > 0 && <p>{say("complete.complete")}</p>}
      {reasons(account).map((reason) => (
        <p key={reason.cause}>{reasonWords(reason)}</p>
      ))}
      {excuses(account).map((reason) => (
        <p key={reason.cause} class="muted">
          {say("complete.excused", { reason: reasonWords(reason) })}
        </p>
      ))}
      {pending > 0 && <p class="muted">{say("complete.pending", { length: length(pending) })}</p>}
    </>
  );
}

type Read = { readonly gaps: readonly GapOut[]; readonly runs: CameraRuns } | { readonly error: unknown } | undefined;

function Gaps({ camera, stream, day }: Pick<DetailsProps, "camera" | "stream"> & { day: SiteDay }) {
  const [read, setRead] = useState<Read>(undefined);
  useEffect(() => {
    let here = true;
    setRead(undefined);
    const asked = [client.gaps(camera.id, stream.role, day), client.runs(camera.id, stream.role, day)] as const;
    void Promise.all(asked).then(
      ([gaps, runs]) => here && setRead({ gaps: joined(gaps), runs }),
      (error: unknown) => here && setRead({ error }),
    );
    return () => {
      here = false;
    };
  }, [day.date]);
  return (
    <section aria-live="polite" data-testid="gaps">
      <h3>{say("complete.gapsOf", { day: dayWords(day), zone: siteTime.value.zoneName(day.start) })}</h3>
      {read === undefined && <p class="muted">{say("app.loading")}</p>}
      {read !== undefined && "error" in read && <Notice tone="bad">{errorWords(read.error)}</Notice>}
      {read !== undefined && "gaps" in read && (
        <>
          <GapList gaps={read.gaps} day={day} />
          <h3>{say("runs.title")}</h3>
          <RunList runs={read.runs} day={day} />
        </>
      )}
    </section>
  );
}

/** A rest is renewed every few minutes: what follows without a pause for one reason is one. */
function joined(gaps: readonly GapOut[]): GapOut[] {
  const result: GapOut[] = [];
  for (const gap of gaps) {
    const last = result.at(-1);
    if (last !== undefined && last.cause === gap.cause && last.end === gap.start) result[result.length - 1] = { ...last, end: gap.end, count: Math.max(last.count, gap.count) };
    else result.push(gap);
  }
  return result;
}

function GapList({ gaps, day }: { gaps: readonly GapOut[]; day: SiteDay }) {
  const time = siteTime.value;
  if (gaps.length === 0) return <p class="muted">{say("complete.noGaps")}</p>;
  return (
    <ul class="gaps">
      {gaps.map(({ start, end, cause, count }) => {
        const [from, until] = [Math.max(start, day.start), Math.min(end ?? now(), day.end)];
        return (
          <li key={start}>
            <time>{time.clock(from)}</time>–<time>{end === null && until < day.end ? say("complete.now") : until === day.end ? say("complete.midnight") : time.clock(until)}</time>
            <span>{count > 1 ? `${causeWords(cause)} ×${count}` : causeWords(cause)}</span>
            <span class="muted">{length(until - from)}</span>
          </li>
        );
      })}
    </ul>
  );
}
