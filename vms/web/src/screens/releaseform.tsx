/** Asks for the release of an evidence lock; where two persons are needed another one confirms. */

import { useState } from "preact/hooks";

import { client } from "../api/client";
import type { LockOut } from "../api/types";
import { Dialog, Field, Form, Submit } from "../parts/form";
import { Button, Notice } from "../parts/parts";
import { useSaving } from "../parts/saving";
import { SHORTEST_REASON } from "../pure/lockdraft";
import { note } from "../state/notes";
import { errorWords, fieldWords } from "../words/problems";
import { say } from "../words/words";

interface ReleaseProps {
  readonly lock: LockOut;
  readonly twoPersons: boolean;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

export function ReleaseForm({ lock, twoPersons, onClose, onDone }: ReleaseProps) {
  const [reason, setReason] = useState("");
  const saving = useSaving(["reason"], async () => {
    const { state, case_number: title } = await client.askRelease(lock.id, reason.trim());
    note(() => say(state === "released" ? "lock.released" : "lock.releaseAsked", { title }), "good");
    onDone();
    onClose();
  });
  const submit = () => saving.run(reason.trim().length < SHORTEST_REASON ? { reason: reason.trim() === "" ? "required" : "too-short" } : {});
  return (
    <Dialog title={say("lock.releaseTitle", { title: lock.case_number })} onClose={onClose} testid="release-form">
      <Form onSubmit={submit}>
        <p>{say(twoPersons ? "lock.releaseTwo" : "lock.releaseOne")}</p>
        <Field name="reason" label={say("lock.releaseReason")} value={reason} onInput={setReason} error={fieldWords(saving.wrong["reason"])} autofocus />
        {saving.error !== undefined && <Notice tone="bad">{errorWords(saving.error)}</Notice>}
        <div class="dialog-foot">
          <Button label={say("admin.cancel")} onClick={onClose} />
          <Submit kind="danger" label={say(twoPersons ? "lock.ask" : "lock.release")} busy={saving.busy} testid="ask-release" />
        </div>
      </Form>
    </Dialog>
  );
}
