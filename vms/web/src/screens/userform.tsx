/** The form of one user: name, role, password, cameras. */

import { useState } from "preact/hooks";

import { client } from "../api/client";
import type { RoleName, User } from "../api/types";
import { Check, Dialog, Field, fieldErrors, Form, Submit, type FieldErrors } from "../parts/form";
import { Button, Notice } from "../parts/parts";
import { checkUser, SHORTEST_PASSWORD, userDraft, userFields, type UserDraft } from "../pure/drafts";
import { note } from "../state/notes";
import { cameras, user as self } from "../state/site";
import { errorWords, fieldWords } from "../words/problems";
import { say } from "../words/words";
import { CameraChoice } from "./camerachoice";

interface UserFormProps {
  readonly user: User | undefined;
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

export function UserForm({ user, onClose, onSaved }: UserFormProps) {
  const [draft, setDraft] = useState<UserDraft>(() => userDraft(user));
  const [wrong, setWrong] = useState<FieldErrors>({});
  const [error, setError] = useState<unknown>(undefined);
  const [busy, setBusy] = useState(false);
  const change = (part: Partial<UserDraft>) => setDraft({ ...draft, ...part });
  const submit = async () => {
    const found = checkUser(draft, user === undefined);
    setWrong(found);
    setError(undefined);
    if (Object.keys(found).length > 0) return;
    setBusy(true);
    try {
      const fields = userFields(draft);
      await (user === undefined ? client.addUser(fields) : client.changeUser(user.id, fields));
      const name = draft.name.trim();
      note(() => say(user === undefined ? "user.added" : "user.changed", { name }), "good");
      onSaved();
      onClose();
    } catch (failure) {
      setWrong(fieldErrors(failure));
      setError(failure);
      setBusy(false);
    }
  };
  const title = user === undefined ? say("user.add") : say("user.edit", { name: user.name });
  return (
    <Dialog title={title} onClose={onClose} testid="user-form">
      <Form onSubmit={() => void submit()}>
        <UserInputs draft={draft} change={change} wrong={wrong} user={user} />
        {error !== undefined && <Notice tone="bad">{errorWords(error)}</Notice>}
        <div class="dialog-foot">
          <Button label={say("admin.cancel")} onClick={onClose} />
          <Submit label={say(busy ? "admin.saving" : "admin.save")} busy={busy} testid="save-user" />
        </div>
      </Form>
    </Dialog>
  );
}

interface InputsProps {
  readonly draft: UserDraft;
  readonly change: (part: Partial<UserDraft>) => void;
  readonly wrong: FieldErrors;
  readonly user: User | undefined;
}

function UserInputs({ draft, change, wrong, user }: InputsProps) {
  const count = { count: SHORTEST_PASSWORD };
  const hint = user === undefined ? say("setup.length", count) : say("user.passwordKeep");
  return (
    <>
      <Field name="name" label={say("user.name")} value={draft.name} onInput={(name) => change({ name })} error={fieldWords(wrong["name"])} autofocus />
      <Field
        name="password"
        type="password"
        label={say("user.password")}
        value={draft.password}
        onInput={(password) => change({ password })}
        hint={hint}
        error={fieldWords(wrong["password"], count)}
        autocomplete="new-password"
      />
      <fieldset disabled={user !== undefined && user.id === self.value?.id}>
        <legend>{say("user.role")}</legend>
        {(["viewer", "administrator"] as const).map((role: RoleName) => (
          <label class="radio" key={role}>
            <input type="radio" name="role" checked={draft.role === role} onInput={() => change({ role })} />
            <span>{say(`role.${role}`)}</span>
          </label>
        ))}
        <Check name="enabled" label={say("user.enabled")} checked={draft.enabled} onInput={(enabled) => change({ enabled })} />
      </fieldset>
      {draft.role === "viewer" && <Seen draft={draft} change={change} />}
    </>
  );
}

function Seen({ draft, change }: Pick<InputsProps, "draft" | "change">) {
  return (
    <fieldset>
      <legend>{say("user.cameras")}</legend>
      <label class="radio">
        <input type="radio" name="scope" checked={draft.all} onInput={() => change({ all: true })} />
        <span>{say("user.allCameras")}</span>
      </label>
      <label class="radio">
        <input type="radio" name="scope" checked={!draft.all} onInput={() => change({ all: false })} />
        <span>{say("user.someCameras")}</span>
      </label>
      {!draft.all && <CameraChoice cameras={cameras.value ?? []} chosen={draft.cameras} onInput={(ids) => change({ cameras: ids })} />}
    </fieldset>
  );
}
