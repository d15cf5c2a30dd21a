/** Asks before something ends, says what it means, and shows why it failed if it did. */

import { useState } from "preact/hooks";

import { Dialog, Form, Submit } from "../parts/form";
import { Button, Notice } from "../parts/parts";
import { errorWords } from "../words/problems";
import { say } from "../words/words";

interface ConfirmProps {
  readonly title: string;
  readonly text: string;
  readonly label: string;
  readonly act: () => Promise<void>;
  readonly onClose: () => void;
}

export function Confirm({ title, text, label, act, onClose }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const submit = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await act();
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose} testid="confirm">
      <Form onSubmit={() => void submit()}>
        <p>{text}</p>
        {error !== undefined && <Notice tone="bad">{errorWords(error)}</Notice>}
        <div class="dialog-foot">
          <Button label={say("admin.cancel")} onClick={onClose} />
          <Submit kind="danger" label={label} busy={busy} testid="confirm-remove" />
        </div>
      </Form>
    </Dialog>
  );
}
