/** The live screen: cameras, wall, controls, timeline. The desk does the work; this shows it. */

import { useEffect, useRef, useState } from "preact/hooks";

import { Desk } from "../live/desk";
import { Keys } from "../live/keys";
import { timelineHeight } from "../live/timeline";
import { listShown } from "../state/settings";
import { wanted } from "../state/moment";
import { administrator, cameras } from "../state/site";
import { say } from "../words/words";
import { BookmarkForm } from "./bookmarkform";
import { Calendar } from "./calendar";
import { CameraList } from "./cameralist";
import { Controls } from "./controls";
import { Empty } from "./empty";
import { helpShown } from "./frame";
import { LockForm } from "./lockform";
import { fullScreen, openDesk, Spans } from "./wallbar";

export function Live() {
  if (cameras.value === null) return <p class="wait">{say("app.loading")}</p>;
  return cameras.value.length === 0 ? <Empty /> : <Watching />;
}

function Watching() {
  const [desk, setDesk] = useState<Desk | undefined>(undefined);
  const [digits, setDigits] = useState("");
  const place = useRef<HTMLDivElement>(null);
  const under = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const made = new Desk();
    place.current!.append(made.wall.root);
    under.current!.append(made.timeline.canvas);
    const keys = new Keys(commands(made, setDigits));
    setDesk(made);
    openDesk.value = made;
    takeWanted(made);
    window.addEventListener("pagehide", made.leave);
    return () => {
      openDesk.value = undefined;
      window.removeEventListener("pagehide", made.leave);
      keys.close();
      made.close();
    };
  }, []);
  return (
    <div class={listShown.value ? "live" : "live unlisted"}>
      <h1 class="unseen">{say("rail.live")}</h1>
      {desk !== undefined && listShown.value && <CameraList desk={desk} />}
      <div class="live-wall">
        <div class="wall-place" ref={place} />
        {digits !== "" && (
          <p class="digits" role="status">
            {say("number.typing", { digits })}
          </p>
        )}
      </div>
      <div class="live-under">
        {desk !== undefined && <Controls desk={desk} />}
        <TimelinePlace desk={desk} place={under} />
      </div>
      {desk !== undefined && <Asked desk={desk} />}
    </div>
  );
}

/** Another screen sent the person here, to a moment of a camera. */
function takeWanted(desk: Desk): void {
  const moment = wanted.peek();
  const camera = cameras.peek()?.find(({ id }) => id === moment?.camera);
  wanted.value = undefined;
  if (moment === undefined || camera === undefined) return;
  desk.pick(camera);
  desk.goTo(moment.at);
}

/** The small form over the wall that somebody asked for. */
function Asked({ desk }: { desk: Desk }) {
  const close = () => (desk.asking.value = undefined);
  const { range, tile } = desk;
  if (desk.asking.value === undefined || tile === undefined) return null;
  if (desk.asking.value === "bookmark") return <BookmarkForm desk={desk} onClose={close} />;
  if (desk.asking.value === "calendar") return <Calendar desk={desk} camera={tile.camera} onClose={close} />;
  return range === undefined ? null : <LockForm desk={desk} range={range} onClose={close} />;
}

function TimelinePlace({ desk, place }: { desk: Desk | undefined; place: { current: HTMLDivElement | null } }) {
  useEffect(() => {
    place.current?.style.setProperty("--height", `${timelineHeight(desk?.lanes.value.length ?? 1)}px`);
  }, [desk?.lanes.value.length]);
  const hint = desk?.hint.value;
  const words = useRef<HTMLParagraphElement>(null);
  useEffect(() => words.current?.style.setProperty("--x", `${hint?.x ?? 0}px`), [hint?.x]);
  return (
    <div class="timeline-place">
      <div ref={place} class="timeline-canvas" />
      {desk !== undefined && <Spans desk={desk} />}
      <p class="timeline-hint" ref={words} hidden={!hint?.text}>
        {hint?.text}
      </p>
    </div>
  );
}

function commands(desk: Desk, setDigits: (digits: string) => void): ConstructorParameters<typeof Keys>[0] {
  return {
    toggle: () => desk.toggle(),
    live: () => desk.live(),
    replay: () => desk.replay(),
    markIn: () => desk.mark("in"),
    markOut: () => desk.mark("out"),
    save: () => desk.save(),
    bookmark: () => desk.ask("bookmark"),
    lock: () => administrator.peek() && desk.ask("lock"),
    calendar: () => desk.ask("calendar"),
    skip: (by) => void desk.skip(by),
    full: () => fullScreen(desk),
    help: () => (helpShown.value = true),
    back: () => desk.back(),
    goto: () => document.querySelector<HTMLInputElement>("#goto")?.focus(),
    page: (by) => desk.turn(by),
    digits: setDigits,
    call: (digits) => desk.call(digits),
  };
}
