/** An evidence lock on the marked range: of the cameras on the wall, with its case and reason. */

import { useState } from "preact/hooks";

import { client } from "../api/client";
import type { Desk } from "../live/desk";
import { Dialog, Field, FieldError, Form, Select, Submit } from "../parts/form";
import { Button, Notice } from "../parts/parts";
import { useSaving } from "../parts/saving";
import { checkLock, EXPIRIES, lockIn, MOST_SPANS, type LockDraft } from "../pure/lockdraft";
import type { Span } from "../pure/walltime";
import { note } from "../state/notes";
import { cameras, now, siteTime } from "../state/site";
import { length } from "../words/amounts";
import { errorWords, fieldWords } from "../words/problems";
import { language, say } from "../words/words";
import { CameraChoice } from "./camerachoice";

interface LockFormProps {
  readonly desk: Desk;
  readonly range: Span;
  readonly onClose: () => void;
}

export function LockForm({ desk, range, onClose }: LockFormProps) {
  const chosen = desk.tile === undefined ? [] : [desk.tile.camera.id];
  const [draft, setDraft] = useState<LockDraft>({ case_number: "", reason: "", cameras: chosen, expires: "" });
  const change = (part: Partial<LockDraft>) => setDraft({ ...draft, ...part });
  const saving = useSaving(["case_number", "reason", "spans"], async () => {
    const made = await client.addLock(lockIn(draft, range, now()));
    desk.timeline.coverage.refresh();
    note(() => say("lock.added", { title: made.case_number }), "good");
    onClose();
  });
  const error = (field: string) => fieldWords(saving.wrong[field], { most: MOST_SPANS });
  const expiry = (days: string) => [days as LockDraft["expires"], days === "" ? say("lock.untilReleased") : say("lock.forDays", { count: days })] as const;
  return (
    <Dialog title={say("lock.new")} onClose={onClose} wide testid="lock-form">
      <Form onSubmit={() => saving.run(checkLock(draft))}>
        <Interval range={range} />
        <div class="fields">
          <Field name="case_number" label={say("lock.case")} value={draft.case_number} onInput={(case_number) => change({ case_number })} hint={say("lock.caseHint")} error={error("case_number")} autofocus />
          <Field name="reason" label={say("lock.reason")} value={draft.reason} onInput={(reason) => change({ reason })} hint={say("lock.reasonHint")} error={error("reason")} />
          <Select name="expires" label={say("lock.expires")} value={draft.expires} options={EXPIRIES.map(expiry)} onInput={(expires) => change({ expires })} hint={say("lock.expiresHint")} />
        </div>
        <fieldset class="part">
          <legend>{say("lock.cameras")}</legend>
          <CameraChoice cameras={cameras.value ?? []} chosen={draft.cameras} onInput={(ids) => change({ cameras: ids })} />
          <FieldError words={error("spans")} />
        </fieldset>
        {saving.error !== undefined && <Notice tone="bad">{errorWords(saving.error)}</Notice>}
        <div class="dialog-foot">
          <Button label={say("admin.cancel")} onClick={onClose} />
          <Submit label={say(saving.busy ? "admin.saving" : "lock.make")} busy={saving.busy} testid="save-lock" />
        </div>
      </Form>
    </Dialog>
  );
}

/** What will be kept, before anything is filled in. */
function Interval({ range: { start, end } }: { range: Span }) {
  const time = siteTime.value;
  const moment = (wall: number) => `${time.date(wall, language.value)} ${time.clock(wall)}`;
  return (
    <>
      <p data-testid="lock-range">
        <b>{say("lock.interval", { from: moment(start), until: moment(end), zone: time.zoneName(start), length: length(end - start) })}</b>
      </p>
      <p class="muted">{say("lock.promise")}</p>
    </>
  );
}
