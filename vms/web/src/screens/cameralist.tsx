/** The list of cameras beside the wall: search by name or number, state as a dot and a word. */

import { useState } from "preact/hooks";

import type { Desk } from "../live/desk";
import { Icon, StatusWord } from "../parts/parts";
import { cameraStatus } from "../pure/status";
import { found } from "../pure/search";
import { stateList } from "../state/site";
import { say } from "../words/words";

export function CameraList({ desk }: { desk: Desk }) {
  const [text, setText] = useState("");
  const all = desk.watchable.value;
  const shown = found(all, text);
  return (
    <aside class="list" aria-label={say("list.label")}>
      <label class="search">
        <Icon name="search" />
        <input
          type="search"
          value={text}
          placeholder={say("list.search")}
          aria-label={say("list.search")}
          data-testid="camera-search"
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && shown[0] !== undefined) desk.pick(shown[0]);
          }}
        />
      </label>
      <ul>
        {shown.map((camera) => (
          <li key={camera.id}>
            <button
              type="button"
              class={camera.id === desk.wall.selected.value ? "list-camera here" : "list-camera"}
              aria-current={camera.id === desk.wall.selected.value}
              onClick={() => desk.pick(camera, desk.wall.enlarged.value !== undefined)}
              onDblClick={() => desk.pick(camera, true)}
            >
              <b>{camera.number}</b>
              <span class="list-name">{camera.name}</span>
              <StatusWord status={cameraStatus(camera, stateList.value)} />
            </button>
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p class="muted list-none">{say("list.none", { text })}</p>}
      <p class="list-count muted">{say("list.count", { count: all.length })}</p>
    </aside>
  );
}
