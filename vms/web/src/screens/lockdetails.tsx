/** One evidence lock: what was asked for, and what is really kept, whole segments of each stream. */

import { client } from "../api/client";
import type { LockOut, RealSpanOut } from "../api/types";
import { Dialog } from "../parts/form";
import { Button, Notice } from "../parts/parts";
import { useReading } from "../parts/reading";
import { cameras } from "../state/site";
import { length } from "../words/amounts";
import { errorWords } from "../words/problems";
import { say } from "../words/words";
import { cameraName, momentWords, StateWords } from "./locks";

export function LockDetails({ lock, onClose }: { lock: LockOut; onClose: () => void }) {
  const { value, error } = useReading(() => client.lock(lock.id), lock.id);
  return (
    <Dialog title={say("lock.of", { title: lock.case_number })} onClose={onClose} wide testid="lock-details">
      <p>{lock.reason}</p>
      <p>
        <StateWords lock={lock} />
      </p>
      <section>
        <h3>{say("lock.askedFor")}</h3>
        <ul class="gaps">
          {lock.spans.map(({ camera_id, start, end }) => (
            <li key={`${camera_id}-${start}`}>
              {cameraName(camera_id)}
              <span>{momentWords(start)} – {momentWords(end)}</span>
              <span class="muted">{length(end - start)}</span>
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h3>{say("lock.real")}</h3>
        {error !== undefined && <Notice tone="bad">{errorWords(error)}</Notice>}
        {value === undefined && error === undefined && <p class="muted">{say("app.loading")}</p>}
        {value?.real?.length === 0 && <p class="muted">{say("lock.realNone")}</p>}
        <ul class="gaps">
          {(value?.real ?? []).map((span) => (
            <li key={`${span.stream_id}-${span.start}`}>
              {cameraName(span.camera_id)}, {roleWords(span)}
              <span>{momentWords(span.start)} – {momentWords(span.end)}</span>
              <span class="muted">{length(span.end - span.start)}</span>
            </li>
          ))}
        </ul>
      </section>
      <div class="dialog-foot">
        <Button label={say("help.close")} onClick={onClose} />
      </div>
    </Dialog>
  );
}

function roleWords({ stream_id }: RealSpanOut): string {
  const stream = cameras.value?.flatMap(({ streams }) => streams).find(({ id }) => id === stream_id);
  return stream === undefined ? String(stream_id) : say(`tile.stream.${stream.role}`);
}
