/** The archive's own health: room in the store, damaged video, what waits to be deleted. */

import { useEffect } from "preact/hooks";

import { client } from "../api/client";
import type { ArchiveHealthOut, DamageOut } from "../api/types";
import { Dot, Notice } from "../parts/parts";
import { useReading } from "../parts/reading";
import { administrator } from "../state/site";
import { number, size } from "../words/amounts";
import { errorWords } from "../words/problems";
import { say, sayCode } from "../words/words";
import { cameraName, momentWords } from "./locks";
import { StoreFill } from "./storefill";

const READ_MS = 30_000;

export function ArchiveHealth() {
  const { value, error, again } = useReading(client.archive);
  useEffect(() => {
    const timer = setInterval(again, READ_MS);
    return () => clearInterval(timer);
  }, []);
  if (!administrator.value) return <p class="wait">{say("admin.forbidden")}</p>;
  return (
    <>
      <h1>{say("archive.title")}</h1>
      {error !== undefined && <Notice tone="bad">{errorWords(error)}</Notice>}
      {value === undefined && error === undefined && <p class="muted">{say("app.loading")}</p>}
      {value !== undefined && (
        <>
          <StoreFill store={value.store} />
          <Facts health={value} />
          <h2>{say("archive.damage")}</h2>
          <Verdict health={value} />
          {value.damage.length > 0 && <DamageTable damage={value.damage} />}
        </>
      )}
    </>
  );
}

function Facts({ health: { garbage, garbage_size, object_lock, scrub_began } }: { health: ArchiveHealthOut }) {
  const held = object_lock === null ? "archive.heldUnknown" : object_lock ? "archive.held" : "archive.notHeld";
  return (
    <ul class="facts-list">
      <li>{garbage === 0 ? say("archive.noGarbage") : say("archive.garbage", { count: number(garbage, 0), size: size(garbage_size) })}</li>
      <li>{say(held)}</li>
      <li>{scrub_began === null ? say("archive.notScrubbed") : say("archive.scrubbed", { time: momentWords(scrub_began) })}</li>
    </ul>
  );
}

function Verdict({ health: { damaged, damage } }: { health: ArchiveHealthOut }) {
  const tone = damaged === 0 ? "good" : "bad";
  return (
    <p class="verdict" role="status" data-testid="damaged" data-count={damaged}>
      <Dot tone={tone} />
      {damaged === 0 ? say("archive.whole") : say("archive.damaged", { count: number(damaged, 0), shown: damage.length })}
    </p>
  );
}

function DamageTable({ damage }: { damage: readonly DamageOut[] }) {
  return (
    <div class="table-place" role="region" tabIndex={0} aria-label={say("archive.damage")}>
      <table class="table" data-testid="damage">
        <caption class="unseen">{say("archive.damage")}</caption>
        <thead>
          <tr>
            <th>{say("health.camera")}</th>
            <th>{say("receipt.video")}</th>
            <th>{say("archive.kind")}</th>
            <th>{say("archive.found")}</th>
          </tr>
        </thead>
        <tbody>
          {damage.map((each) => (
            <tr key={`${each.stream_id}-${each.start}`}>
              <th scope="row">{cameraName(each.camera_id)}</th>
              <td class="time">
                {momentWords(each.start)} – {momentWords(each.end)}
              </td>
              <td class="why" title={each.detail}>
                {sayCode("damage", each.kind, "damage.other", { kind: each.kind })}
              </td>
              <td class="time">{momentWords(each.found)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
