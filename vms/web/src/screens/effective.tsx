/** What holds for each camera, who says so, what it has now, and for how long there is room. */

import { useState } from "preact/hooks";

import type { CameraForecastOut, EffectiveOut, ForecastOut, GroupOut } from "../api/types";
import { Dot } from "../parts/parts";
import { found } from "../pure/search";
import { cameras } from "../state/site";
import { number, size } from "../words/amounts";
import { say } from "../words/words";
import { SearchField } from "./cameras";
import { momentWords } from "./locks";
import { ruleWords, scopeWords } from "./ruleform";

interface EffectiveProps {
  readonly effective: readonly EffectiveOut[];
  readonly forecast: ForecastOut | undefined;
  readonly groups: readonly GroupOut[];
}

export function EffectiveTable({ effective, forecast, groups }: EffectiveProps) {
  const [text, setText] = useState("");
  const byCamera = new Map(effective.map((each) => [each.camera_id, each]));
  const room = new Map((forecast?.cameras ?? []).map((each) => [each.camera_id, each]));
  const shown = found(cameras.value ?? [], text).filter(({ id }) => byCamera.has(id));
  const short = (forecast?.cameras ?? []).filter(({ minimum_met, quota_met }) => !minimum_met || !quota_met).length;
  return (
    <>
      <div class="sheet-bar">
        <h2>{say("rule.effective")}</h2>
        <SearchField text={text} onInput={setText} />
      </div>
      {short > 0 && (
        <p class="verdict" role="status">
          <Dot tone="bad" />
          {say("rule.short", { count: short })}
        </p>
      )}
      <div class="table-place" role="region" tabIndex={0} aria-label={say("rule.effective")}>
        <table class="table" data-testid="effective">
          <caption class="unseen">{say("rule.effective")}</caption>
          <thead>
            <tr>
              <th class="num">{say("camera.number")}</th>
              <th>{say("health.camera")}</th>
              <th>{say("rule.why")}</th>
              <th>{say("rule.oldest")}</th>
              <th class="num">{say("rule.size")}</th>
              <th class="num">{say("rule.perDay")}</th>
              <th class="num">{say("rule.left")}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((camera) => (
              <tr key={camera.id} data-camera={camera.id}>
                <td class="num">{camera.number}</td>
                <th scope="row">{camera.name}</th>
                <Rule effective={byCamera.get(camera.id)!} groups={groups} />
                <Room forecast={room.get(camera.id)} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

const FIELDS = ["max_days", "min_days", "quota_bytes", "event_days"] as const;

/** Each thing that holds, and beside it who says so. */
function Rule({ effective, groups }: { effective: EffectiveOut; groups: readonly GroupOut[] }) {
  const said = FIELDS.map((field) => ({ field, ...effective[field] })).filter(({ field, value }) => value !== null && !(field === "min_days" && value === 0));
  return (
    <td class="why">
      {said.map(({ field, value, scope, owner_id }) => (
        <p key={field}>
          {ruleWords({ [field]: value })} <span class="muted">({scope === null ? say("rule.builtIn") : scopeWords(scope, owner_id, groups)})</span>
        </p>
      ))}
    </td>
  );
}

function Room({ forecast }: { forecast: CameraForecastOut | undefined }) {
  if (forecast === undefined) return <td colSpan={4}>–</td>;
  const { oldest, kept_days, size: bytes, per_day, days_left, minimum_met, quota_met, min_days } = forecast;
  const tone = minimum_met && quota_met ? "good" : "bad";
  return (
    <>
      <td class="time">
        {oldest === null ? "–" : momentWords(oldest)}
        {oldest !== null && <small class="cause">{say("rule.keptDays", { count: number(kept_days, 1) })}</small>}
      </td>
      <td class="num">{size(bytes)}</td>
      <td class="num">{per_day > 0 ? size(per_day) : "–"}</td>
      <td class="num" data-minimum={minimum_met && quota_met}>
        <span class={`status ${tone}`}>
          <Dot tone={tone} />
          {days_left === null ? say("rule.unlimited") : say("unit.days", { count: number(days_left, days_left < 10 ? 1 : 0) })}
        </span>
        {!minimum_met && <small class="cause">{say("rule.needs", { count: min_days })}</small>}
        {!quota_met && <small class="cause">{say("rule.quotaShort", { count: min_days })}</small>}
      </td>
    </>
  );
}
