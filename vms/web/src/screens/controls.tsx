/** The line of controls between wall and timeline: where we are in time, playing, marks, clips. */

import { useState } from "preact/hooks";

import { clips, dismissClip, type Clip } from "../live/clips";
import type { Desk, Shown } from "../live/desk";
import { Button, Icon } from "../parts/parts";
import { parseMoment } from "../pure/gotime";
import { SECOND, type Micros } from "../pure/walltime";
import { note } from "../state/notes";
import { administrator, now, siteTime } from "../state/site";
import { length, size } from "../words/amounts";
import { errorWords } from "../words/problems";
import { language, say } from "../words/words";

export function Controls({ desk }: { desk: Desk }) {
  const shown = desk.shown.value;
  return (
    <div class={`controls ${shown?.mode ?? "live"}`} role="group" aria-label={say("play.label")}>
      <div class="control-group">
        <Button
          bare
          icon={shown?.paused ? "play" : "pause"}
          label={say(shown?.paused ? "play.play" : "play.pause")}
          keys="Space"
          testid="play"
          onClick={() => desk.toggle()}
        />
        <Button bare icon="previous" label={say("play.previous")} keys="Ctrl+←" testid="previous" onClick={() => void desk.skip(-1)} />
        <Button bare icon="next" label={say("play.next")} keys="Ctrl+→" testid="next" onClick={() => void desk.skip(1)} />
        <Button bare icon="replay" label={say("play.replay")} keys="R" testid="replay" onClick={() => desk.replay()} />
        <Button
          icon="live"
          label={say("play.live")}
          keys="L"
          testid="live"
          pressed={shown?.mode !== "archive"}
          onClick={() => desk.live()}
        />
      </div>
      <Where shown={shown} />
      <GoTo desk={desk} />
      <Marks desk={desk} />
      <Clips />
    </div>
  );
}

/** Live or archive, in words and colour, with the moment shown. */
function Where({ shown }: { shown: Shown | undefined }) {
  if (shown === undefined) return null;
  const time = siteTime.value;
  const archive = shown.mode === "archive";
  const exact = shown.paused ? time.millis : time.clock;
  return (
    <p class="where" data-testid="where">
      <b class="mode">{say(archive ? "play.modeArchive" : "play.modeLive")}</b>
      {shown.wall !== undefined && (
        <>
          {archive && <span class="where-date">{time.shortDate(shown.wall, language.value)}</span>}
          <time>{exact.call(time, shown.wall)}</time>
        </>
      )}
      <span class="where-camera" title={shown.camera.name}>
        {shown.camera.number} · {shown.camera.name}
      </span>
    </p>
  );
}

function GoTo({ desk }: { desk: Desk }) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState(false);
  const go = () => {
    const near = desk.tile?.position ?? now();
    const moment = parseMoment(text, siteTime.value, near, now());
    setWrong(moment === undefined);
    if (moment === undefined) note(() => say("play.gotoWrong"), "bad");
    else if (moment > now()) note(() => say("play.gotoFuture"), "bad");
    else desk.goTo(moment);
  };
  return (
    <form
      class="goto"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        go();
      }}
    >
      <input
        id="goto"
        value={text}
        aria-label={say("play.goto")}
        aria-invalid={wrong}
        title={say("play.gotoHint")}
        placeholder={say("play.goto")}
        autocomplete="off"
        spellcheck={false}
        data-testid="go-to-time"
        onInput={(event) => {
          setText(event.currentTarget.value);
          setWrong(false);
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
    </form>
  );
}

function Marks({ desk }: { desk: Desk }) {
  const [start, end] = [desk.markIn.value, desk.markOut.value];
  const whole = start !== undefined && end !== undefined;
  return (
    <div class="control-group marks">
      <Button bare icon="markIn" label={say("clip.markIn")} keys="[" testid="mark-in" onClick={() => desk.mark("in")} />
      <Button bare icon="markOut" label={say("clip.markOut")} keys="]" testid="mark-out" onClick={() => desk.mark("out")} />
      <span class="range" data-testid="range" data-start={start ?? ""} data-end={end ?? ""}>
        {rangeWords(start, end)}
      </span>
      {(start !== undefined || end !== undefined) && (
        <Button bare icon="clear" label={say("clip.clear")} onClick={() => desk.clearMarks()} />
      )}
      <Button bare icon="bookmark" label={say("bookmark.new")} keys="B" testid="bookmark" onClick={() => desk.ask("bookmark")} />
      {administrator.value && <Button bare icon="lock" label={say("lock.new")} keys="K" testid="lock" onClick={() => desk.ask("lock")} />}
      <Button
        icon="download"
        kind={whole ? "main" : "plain"}
        label={say("clip.export")}
        keys="E"
        testid="export"
        onClick={() => desk.save()}
      />
    </div>
  );
}

function rangeWords(start: Micros | undefined, end: Micros | undefined): string {
  const time = siteTime.value;
  if (start !== undefined && end !== undefined)
    return say("clip.range", { from: time.clock(start), until: time.clock(end), length: length(end - start) });
  if (start !== undefined) return say("clip.from", { time: time.clock(start) });
  return end === undefined ? "" : say("clip.until", { time: time.clock(end) });
}

function Clips() {
  if (clips.value.length === 0) return null;
  return (
    <ul class="clips" data-testid="clips">
      {clips.value.map((clip) => (
        <li key={clip.id} class={clip.stage.is} data-stage={clip.stage.is}>
          <Icon name={clip.stage.is === "done" ? "check" : clip.stage.is === "failed" ? "warning" : "download"} />
          <span role={clip.stage.is === "failed" ? "alert" : "status"}>{clipWords(clip)}</span>
          {clip.stage.is === "loading" && clip.stage.total !== undefined && (
            <progress value={clip.stage.done} max={clip.stage.total} aria-label={clip.name} />
          )}
          {clip.stage.is === "loading" || clip.stage.is === "preparing" ? (
            <Button label={say("clip.cancel")} onClick={clip.cancel} />
          ) : (
            <Button bare icon="clear" label={say("clip.dismiss")} onClick={() => dismissClip(clip.id)} />
          )}
        </li>
      ))}
    </ul>
  );
}

function clipWords({ name, file, stage }: Clip): string {
  switch (stage.is) {
    case "preparing":
      return say("clip.preparing", { name });
    case "loading":
      return loadingWords(name, stage.done, stage.total, stage.rate);
    case "done":
      return say("clip.done", { file, size: size(stage.size) });
    case "failed":
      return say("clip.failed", { name, reason: errorWords(stage.error) });
    case "cancelled":
      return say("clip.cancelled", { name });
  }
}

function loadingWords(name: string, done: number, total: number | undefined, perSecond: number): string {
  const rate = say("unit.rate", { size: size(perSecond) });
  if (total === undefined) return say("clip.downloadingOpen", { name, done: size(done), rate });
  const left = length(Math.ceil((total - done) / Math.max(1, perSecond)) * SECOND);
  return say("clip.downloading", { name, done: size(done), total: size(total), rate, left });
}
