/** The sessions with a camera on one day, how its clock stood, and where clocks were set. */

import type { CameraRun, CameraRuns, ClockStep, SiteDay } from "../api/types";
import { SECOND } from "../pure/walltime";
import { now, siteTime } from "../state/site";
import { length, number } from "../words/amounts";
import { causeWords } from "../words/problems";
import { say, sayCode } from "../words/words";

export function RunList({ runs, day }: { runs: CameraRuns; day: SiteDay }) {
  if (runs.runs.length === 0 && runs.steps.length === 0) return <p class="muted">{say("runs.none")}</p>;
  return (
    <>
      {runs.left_out > 0 && <p class="muted">{say("runs.leftOut", { count: runs.left_out })}</p>}
      <ul class="gaps" data-testid="runs">
        {runs.runs.map((run) => (
          <Run key={run.start} run={run} day={day} />
        ))}
        {runs.steps.map((step) => (
          <Step key={step.at} step={step} />
        ))}
      </ul>
    </>
  );
}

function Run({ run, day }: { run: CameraRun; day: SiteDay }) {
  const time = siteTime.value;
  const lasts = run.end === null || run.end > day.end;
  return (
    <li>
      <time>{run.start < day.start ? time.clock(day.start) : time.clock(run.start)}</time>–
      <time>{lasts ? say(day.end > now() ? "complete.now" : "complete.midnight") : time.clock(run.end!)}</time>
      <span>{clockWords(run)}</span>
      {run.lost > 0 && <span>{say("runs.lost", { count: run.lost })}</span>}
      {!lasts && run.cause !== null && <span class="muted">{causeWords(run.cause)}</span>}
    </li>
  );
}

function Step({ step: { at, clock, micros } }: { step: ClockStep }) {
  const seconds = signed(micros / SECOND, 1);
  return (
    <li>
      <time>{siteTime.value.clock(at)}</time>
      <span>{sayCode("step", clock, "step.other", { seconds })}</span>
    </li>
  );
}

function clockWords({ camera_offset, media_ppm }: CameraRun): string {
  const rate = media_ppm === null ? "" : say("runs.rate", { ppm: signed(media_ppm, 0) });
  if (camera_offset === null) return say("runs.noClock") + rate;
  const amount = length(Math.abs(camera_offset));
  const key = Math.abs(camera_offset) < SECOND / 10 ? "runs.right" : camera_offset > 0 ? "runs.ahead" : "runs.behind";
  return say(key, { length: amount }) + rate;
}

function signed(value: number, digits: number): string {
  return `${value < 0 ? "−" : "+"}${number(Math.abs(value), digits)}`;
}
