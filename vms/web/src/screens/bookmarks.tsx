/** Bookmarks of all cameras one may see, newest first; each leads to its picture. */

import { useState } from "preact/hooks";

import { client } from "../api/client";
import type { BookmarkOut } from "../api/types";
import { Button, Notice } from "../parts/parts";
import { useReading } from "../parts/reading";
import { note } from "../state/notes";
import { showMoment } from "../state/moment";
import { length } from "../words/amounts";
import { errorWords } from "../words/problems";
import { say } from "../words/words";
import { SearchField } from "./cameras";
import { Confirm } from "./confirm";
import { cameraName, momentWords } from "./locks";

export function Bookmarks() {
  const [text, setText] = useState("");
  const { value, error, again } = useReading(() => client.bookmarks(text.trim()), text.trim());
  return (
    <>
      <div class="sheet-bar">
        <h1>{say("bookmark.tab")}</h1>
        <SearchField text={text} onInput={setText} />
      </div>
      {error !== undefined && <Notice tone="bad">{errorWords(error)}</Notice>}
      {value === undefined && error === undefined && <p class="muted">{say("app.loading")}</p>}
      {value?.length === 0 && <p class="lead">{say(text.trim() === "" ? "bookmark.none" : "admin.noMatch")}</p>}
      {value !== undefined && value.length > 0 && <BookmarkTable bookmarks={value} onChanged={again} />}
    </>
  );
}

function BookmarkTable({ bookmarks, onChanged }: { bookmarks: readonly BookmarkOut[]; onChanged: () => void }) {
  const [removing, setRemoving] = useState<BookmarkOut | undefined>(undefined);
  return (
    <>
      <div class="table-place">
        <table class="table" data-testid="bookmarks">
          <caption class="unseen">{say("bookmark.tab")}</caption>
          <thead>
            <tr>
              <th>{say("bookmark.title")}</th>
              <th>{say("health.camera")}</th>
              <th>{say("lock.time")}</th>
              <th>{say("bookmark.note")}</th>
              <th>{say("bookmark.by")}</th>
              <th>
                <span class="unseen">{say("admin.actions")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {bookmarks.map((each) => (
              <BookmarkRow key={each.id} bookmark={each} onRemove={setRemoving} />
            ))}
          </tbody>
        </table>
      </div>
      {removing !== undefined && (
        <Confirm
          title={say("bookmark.removeTitle", { title: removing.title })}
          text={say("bookmark.removeText")}
          label={say("admin.remove")}
          onClose={() => setRemoving(undefined)}
          act={async () => {
            await client.removeBookmark(removing.camera_id, removing.id);
            note(() => say("bookmark.removed", { title: removing.title }), "good");
            onChanged();
          }}
        />
      )}
    </>
  );
}

function BookmarkRow({ bookmark, onRemove }: { bookmark: BookmarkOut; onRemove: (bookmark: BookmarkOut) => void }) {
  const { id, camera_id, at, end, title, note: text, made_by, made } = bookmark;
  return (
    <tr data-bookmark={id}>
      <th scope="row">
        <button type="button" class="link" onClick={() => showMoment(camera_id, at)}>
          {title}
        </button>
      </th>
      <td>{cameraName(camera_id)}</td>
      <td class="time">
        {momentWords(at)}
        {end !== null && <small class="cause">{length(end - at)}</small>}
      </td>
      <td class="why">{text}</td>
      <td class="time">
        {made_by}
        <small class="cause">{momentWords(made)}</small>
      </td>
      <td class="row-actions">
        {bookmark.mine && <Button bare icon="trash" label={`${say("admin.remove")}: ${title}`} onClick={() => onRemove(bookmark)} />}
      </td>
    </tr>
  );
}
