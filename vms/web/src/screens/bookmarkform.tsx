/** A bookmark at the picture shown, or on the marked range. */

import { useState } from "preact/hooks";

import { client } from "../api/client";
import type { Desk } from "../live/desk";
import { Check, Dialog, Field, Form, Submit } from "../parts/form";
import { Button, Notice } from "../parts/parts";
import { useSaving } from "../parts/saving";
import { note } from "../state/notes";
import { siteTime } from "../state/site";
import { errorWords, fieldWords } from "../words/problems";
import { language, say } from "../words/words";

export function BookmarkForm({ desk, onClose }: { desk: Desk; onClose: () => void }) {
  // The moment is that of the picture when the form was opened, not when it is saved.
  const [{ camera, at, range }] = useState(() => ({ camera: desk.tile!.camera, at: desk.tile!.moment, range: desk.range }));
  const [title, setTitle] = useState("");
  const [text, setText] = useState("");
  const [whole, setWhole] = useState(range !== undefined);
  const saving = useSaving(["title", "note"], async () => {
    const times = whole && range !== undefined ? { at: range.start, end: range.end } : { at: Math.round(at ?? 0) };
    await client.addBookmark(camera.id, { ...times, title: title.trim(), note: text.trim() });
    desk.timeline.coverage.refresh();
    note(() => say("bookmark.added", { title: title.trim() }), "good");
    onClose();
  });
  const time = siteTime.value;
  const submit = () => saving.run(title.trim() === "" ? { title: "required" } : at === undefined && !whole ? { title: "no-picture" } : {});
  return (
    <Dialog title={say("bookmark.new")} onClose={onClose} testid="bookmark-form">
      <Form onSubmit={submit}>
        <p>
          {camera.number} · {camera.name}
          {at !== undefined && (
            <>
              , {time.date(at, language.value)} <time>{time.millis(at)}</time> {time.zoneName(at)}
            </>
          )}
        </p>
        <Field name="title" label={say("bookmark.title")} value={title} onInput={setTitle} hint={say("bookmark.titleHint")} error={fieldWords(saving.wrong["title"])} autofocus />
        <Field name="note" label={say("bookmark.note")} value={text} onInput={setText} error={fieldWords(saving.wrong["note"])} optional />
        {range !== undefined && (
          <Check
            name="whole"
            label={say("bookmark.range", { from: time.clock(range.start), until: time.clock(range.end) })}
            checked={whole}
            onInput={setWhole}
          />
        )}
        {saving.error !== undefined && <Notice tone="bad">{errorWords(saving.error)}</Notice>}
        <div class="dialog-foot">
          <Button label={say("admin.cancel")} onClick={onClose} />
          <Submit label={say(saving.busy ? "admin.saving" : "admin.save")} busy={saving.busy} testid="save-bookmark" />
        </div>
      </Form>
    </Dialog>
  );
}
