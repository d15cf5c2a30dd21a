/** When a stream is kept: always, within hours of the week, around events, or not at all. */

import { useId } from "preact/hooks";

import { Field, FieldError, Select, type FieldErrors } from "../parts/form";
import { Button } from "../parts/parts";
import type { Keeping, PolicyDraft } from "../pure/drafts";
import { LONGEST_AFTER, LONGEST_BEFORE } from "../pure/drafts";
import { WORKDAY, type HoursRow } from "../pure/hours";
import { siteTime, now } from "../state/site";
import { weekday } from "../words/amounts";
import { fieldWords } from "../words/problems";
import { say } from "../words/words";

const KEEPINGS: readonly Keeping[] = ["always", "schedule", "events", "never"];
const DAYS = [0, 1, 2, 3, 4, 5, 6] as const;

/** A schedule begins with some hours; who only passed by it with the keyboard takes none along. */
const SUGGESTED: readonly HoursRow[] = [WORKDAY];

function suggested(chosen: Keeping, rows: readonly HoursRow[]): readonly HoursRow[] {
  if (chosen === "schedule") return rows.length === 0 ? SUGGESTED : rows;
  return rows === SUGGESTED ? [] : rows;
}

interface KeepProps {
  /** The field of the server: errors come under its name. */
  readonly name: "policy" | "sub_policy";
  readonly label: string;
  readonly draft: PolicyDraft;
  readonly wrong: FieldErrors;
  readonly onInput: (draft: PolicyDraft) => void;
}

export function KeepFields({ name, label, draft, wrong, onInput }: KeepProps) {
  const { keep } = draft;
  const choose = (chosen: Keeping) => onInput({ ...draft, keep: chosen, rows: suggested(chosen, draft.rows) });
  const timed = keep === "schedule" || keep === "events";
  return (
    <div class={timed ? "keep wide" : "keep"}>
      <Select name={name} label={label} value={keep} options={KEEPINGS.map((each) => [each, say(`keep.${each}`)] as const)} onInput={choose} hint={say(`keepHint.${keep}`)} />
      {keep === "events" && <Seconds name={name} draft={draft} wrong={wrong} onInput={onInput} />}
      {timed && <Hours name={name} label={label} draft={draft} wrong={wrong} onInput={onInput} />}
    </div>
  );
}

function Seconds({ name, draft, wrong, onInput }: Omit<KeepProps, "label">) {
  const fill = { most: LONGEST_BEFORE };
  return (
    <div class="fields">
      <Field name={`${name}.pre_seconds`} label={say("camera.before")} value={draft.pre} onInput={(pre) => onInput({ ...draft, pre })} error={fieldWords(wrong[`${name}.pre_seconds`], fill)} type="number" />
      <Field name={`${name}.post_seconds`} label={say("camera.after")} value={draft.post} onInput={(post) => onInput({ ...draft, post })} error={fieldWords(wrong[`${name}.post_seconds`], { most: LONGEST_AFTER })} type="number" />
    </div>
  );
}

function Hours({ name, label, draft, wrong, onInput }: KeepProps) {
  const { rows, keep } = draft;
  const put = (at: number, row: HoursRow) => onInput({ ...draft, rows: rows.map((each, index) => (index === at ? row : each)) });
  const drop = (at: number) => onInput({ ...draft, rows: rows.filter((_, index) => index !== at) });
  const zone = siteTime.value.zoneName(now());
  return (
    <fieldset class="hours" data-testid={`${name}-hours`}>
      <legend>{say("hours.of", { stream: label, zone })}</legend>
      {rows.map((row, index) => (
        <Row key={index} row={row} number={index + 1} onInput={(changed) => put(index, changed)} onRemove={() => drop(index)} />
      ))}
      {rows.length === 0 && keep === "events" && <p class="field-hint">{say("hours.any")}</p>}
      <FieldError words={fieldWords(wrong[`${name}.hours`])} />
      <div>
        <Button icon="plus" label={say("hours.add")} testid={`${name}-add-hours`} onClick={() => onInput({ ...draft, rows: [...rows, WORKDAY] })} />
      </div>
    </fieldset>
  );
}

interface RowProps {
  readonly row: HoursRow;
  readonly number: number;
  readonly onInput: (row: HoursRow) => void;
  readonly onRemove: () => void;
}

function Row({ row, number, onInput, onRemove }: RowProps) {
  const toggle = (day: number, on: boolean) =>
    onInput({ ...row, days: on ? [...row.days, day].sort((a, b) => a - b) : row.days.filter((each) => each !== day) });
  return (
    <div class="hours-row" role="group" aria-label={say("hours.row", { number })}>
      <div class="hours-days">
        {DAYS.map((day) => (
          <label key={day} class="hours-day">
            <input type="checkbox" checked={row.days.includes(day)} aria-label={weekday(day, "long")} onInput={(event) => toggle(day, event.currentTarget.checked)} />
            <span aria-hidden="true">{weekday(day, "short")}</span>
          </label>
        ))}
      </div>
      <Clock label={say("hours.from")} value={row.from} onInput={(from) => onInput({ ...row, from })} />
      <Clock label={say("hours.until")} value={row.until} onInput={(until) => onInput({ ...row, until })} />
      <Button bare icon="trash" label={say("hours.remove", { number })} onClick={onRemove} />
    </div>
  );
}

/** 24 hours whatever the browser's own language is, and 24:00 can be written. */
function Clock({ label, value, onInput }: { label: string; value: string; onInput: (value: string) => void }) {
  const id = useId();
  return (
    <span class="hours-clock">
      <label for={id}>{label}</label>
      <input id={id} value={value} inputMode="numeric" placeholder="00:00" maxLength={5} autocomplete="off" onInput={(event) => onInput(event.currentTarget.value)} />
    </span>
  );
}
