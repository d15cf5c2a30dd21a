/** What the wall shows and how much time the timeline shows: small choices, out of the picture's way. */

import { signal } from "@preact/signals";

import type { Desk } from "../live/desk";
import { Button } from "../parts/parts";
import { LAYOUTS, type Layout } from "../pure/layout";
import { DAY, HOUR, MINUTE } from "../pure/walltime";
import { layout, listShown } from "../state/settings";
import { length } from "../words/amounts";
import { language, say } from "../words/words";

/** The desk that is open, for the line at the top; undefined on other screens. */
export const openDesk = signal<Desk | undefined>(undefined);

/** Camera list, layout, pages, full screen. */
export function WallBar({ desk }: { desk: Desk }) {
  const pages = desk.pageCount.value;
  return (
    <div class="wall-bar">
      <Button
        bare
        icon="list"
        label={say(listShown.value ? "list.hide" : "list.show")}
        pressed={listShown.value}
        testid="list-toggle"
        onClick={() => (listShown.value = !listShown.value)}
      />
      <label class="choice">
        <span class="unseen">{say("wall.layout")}</span>
        <select
          key={language.value}
          value={layout.value}
          data-testid="layout"
          onInput={(event) => (layout.value = event.currentTarget.value as Layout)}
        >
          {LAYOUTS.map((each) => (
            <option value={each} key={each}>
              {each === "auto" ? say("wall.auto") : say("wall.tiles", { count: each })}
            </option>
          ))}
        </select>
      </label>
      {pages > 1 && (
        <span class="pages">
          <Button bare icon="before" label={say("wall.previous")} keys="PageUp" onClick={() => desk.turn(-1)} />
          <span>{say("wall.page", { page: desk.pageIndex.value + 1, pages })}</span>
          <Button bare icon="after" label={say("wall.next")} keys="PageDown" onClick={() => desk.turn(1)} />
        </span>
      )}
      <Button bare icon="full" label={say("help.full")} keys="F" testid="full" onClick={() => fullScreen(desk)} />
    </div>
  );
}

const SPANS = [
  ["timeline.span.10m", 10 * MINUTE],
  ["timeline.span.1h", HOUR],
  ["timeline.span.6h", 6 * HOUR],
  ["timeline.span.1d", DAY],
  ["timeline.span.7d", 7 * DAY],
  ["timeline.span.30d", 30 * DAY],
] as const;

/** How much time the timeline shows: chosen, or half and twice as much. */
export function Spans({ desk }: { desk: Desk }) {
  const { timeline } = desk;
  return (
    <div class="spans" role="group" aria-label={say("timeline.spans")}>
      <select
        key={language.value}
        aria-label={say("timeline.spans")}
        value={desk.span.value}
        data-testid="span"
        onInput={(event) => timeline.zoomTo(Number(event.currentTarget.value))}
      >
        {SPANS.every(([, span]) => span !== desk.span.value) && (
          <option value={desk.span.value}>{length(desk.span.value)}</option>
        )}
        {SPANS.map(([key, span]) => (
          <option key={key} value={span}>
            {say(key)}
          </option>
        ))}
      </select>
      <Button bare icon="calendar" label={say("calendar.open")} keys="C" testid="calendar-open" onClick={() => desk.ask("calendar")} />
      <Button bare icon="minus" label={say("timeline.zoomOut")} testid="zoom-out" onClick={() => timeline.zoomBy(2)} />
      <Button bare icon="plus" label={say("timeline.zoomIn")} testid="zoom-in" onClick={() => timeline.zoomBy(0.5)} />
    </div>
  );
}

export function fullScreen(desk: Desk): void {
  const change = document.fullscreenElement
    ? document.exitFullscreen()
    : desk.wall.root.requestFullscreen();
  void change.catch(() => undefined);
}
