/** A month of one camera: how many hours are recorded on each day. A day brings the timeline there. */

import { useEffect, useRef, useState } from "preact/hooks";

import { client } from "../api/client";
import type { CalendarOut, Camera } from "../api/types";
import type { Desk } from "../live/desk";
import { Dialog } from "../parts/form";
import { Button, Notice } from "../parts/parts";
import { useReading } from "../parts/reading";
import { daySpan, fullness, hoursOf, isBefore, monthOf, turned, weeks, type Month, type MonthDay } from "../pure/calendar";
import { now, siteTime } from "../state/site";
import { monthName, number, weekday } from "../words/amounts";
import { errorWords } from "../words/problems";
import { language, say } from "../words/words";

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
const LEVELS = [0, 1, 2, 3, 4] as const;

interface DayFacts {
  readonly recorded: number;
  readonly length: number;
  readonly events: number;
}

export function Calendar({ desk, camera, onClose }: { desk: Desk; camera: Camera; onClose: () => void }) {
  const site = siteTime.value;
  const today = monthOf(now(), site);
  const [month, setMonth] = useState<Month>(() => monthOf(desk.tile?.position ?? now(), site));
  const rows = weeks(month);
  const days = rows.flat().filter((day) => day !== undefined);
  const first = days[0]!.date;
  const { value, error } = useReading(() => client.calendar(camera.id, first, days.length), `${camera.id} ${first}`);
  const facts = factsOf(value, camera.id);
  const choose = (day: MonthDay) => {
    desk.showDay(daySpan(day.date, site));
    onClose();
  };
  return (
    <Dialog title={say("calendar.of", { camera: `${camera.number} · ${camera.name}` })} onClose={onClose} testid="calendar">
      <div class="calendar-bar">
        <Button bare icon="before" label={say("calendar.before")} testid="month-before" onClick={() => setMonth(turned(month, -1))} />
        <h3 aria-live="polite">{monthName(month)}</h3>
        <Button bare icon="after" label={say("calendar.after")} testid="month-after" disabled={!isBefore(month, today)} onClick={() => setMonth(turned(month, 1))} />
      </div>
      {error !== undefined && <Notice tone="bad">{errorWords(error)}</Notice>}
      <Grid key={first} rows={rows} facts={facts} onChoose={choose} start={site.day(desk.tile?.position ?? now())} />
      <p class="calendar-legend muted">
        {say("calendar.legend")}
        {LEVELS.map((level) => (
          <span key={level} class="calendar-level" data-level={level} aria-hidden="true" />
        ))}
      </p>
      <div class="dialog-foot">
        <Button label={say("help.close")} onClick={onClose} />
      </div>
    </Dialog>
  );
}

function factsOf(answer: CalendarOut | undefined, camera: number): ReadonlyMap<string, DayFacts> {
  const mine = answer?.cameras.find(({ camera_id }) => camera_id === camera);
  if (answer === undefined || mine === undefined) return new Map();
  return new Map(
    answer.days.map(({ date, start, end }, at) => [date, { recorded: mine.recorded[at] ?? 0, length: end - start, events: mine.events[at] ?? 0 }]),
  );
}

interface GridProps {
  readonly rows: readonly (readonly (MonthDay | undefined)[])[];
  readonly facts: ReadonlyMap<string, DayFacts>;
  /** The day that has the focus at first. */
  readonly start: string;
  readonly onChoose: (day: MonthDay) => void;
}

/** One stop for Tab; arrows walk from day to day. */
function Grid({ rows, facts, start, onChoose }: GridProps) {
  const days = rows.flat().filter((day) => day !== undefined && !isToCome(day));
  const [at, setAt] = useState(Math.max(0, days.findIndex((day) => day?.date === start)));
  const table = useRef<HTMLTableElement>(null);
  const moved = useRef(false);
  useEffect(() => {
    if (moved.current) table.current?.querySelector<HTMLElement>("[tabindex='0']")?.focus();
  }, [at]);
  const walk = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    moved.current = true;
    setAt(Math.max(0, Math.min(days.length - 1, at + step)));
  };
  return (
    <table class="calendar" ref={table} onKeyDown={walk}>
      <thead>
        <tr>
          {[0, 1, 2, 3, 4, 5, 6].map((day) => (
            <th key={day} scope="col">
              <abbr title={weekday(day, "long")}>{weekday(day, "short")}</abbr>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((week, index) => (
          <tr key={index}>
            {week.map((day, column) => (
              <td key={column}>{day !== undefined && <Day day={day} facts={facts.get(day.date)} here={days[at]?.date === day.date} onChoose={() => onChoose(day)} />}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function isToCome({ date }: MonthDay): boolean {
  return daySpan(date, siteTime.value).start > now();
}

/** The hours stand in numbers: the colour only helps the eye. */
function Day({ day, facts, here, onChoose }: { day: MonthDay; facts: DayFacts | undefined; here: boolean; onChoose: () => void }) {
  const recorded = facts?.recorded ?? 0;
  const hours = number(hoursOf(recorded), hoursOf(recorded) % 1 === 0 ? 0 : 1);
  const site = siteTime.value;
  const date = site.date(daySpan(day.date, site).start, language.value);
  const words = say("calendar.day", { date, hours, events: facts?.events ?? 0 });
  return (
    <button
      type="button"
      class="calendar-day"
      data-date={day.date}
      data-level={fullness(recorded, facts?.length)}
      tabIndex={here ? 0 : -1}
      autofocus={here}
      disabled={isToCome(day)}
      aria-label={words}
      title={words}
      onClick={onChoose}
    >
      <span>{day.number}</span>
      <b>{recorded > 0 ? hours : "–"}</b>
    </button>
  );
}
