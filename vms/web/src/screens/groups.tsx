/** Groups of cameras: what one retention policy is for, and who belongs together. */

import { useState } from "preact/hooks";

import { client } from "../api/client";
import type { GroupOut } from "../api/types";
import { Dialog, Field, FieldError, Form, Submit } from "../parts/form";
import { Button, Notice } from "../parts/parts";
import { useReading } from "../parts/reading";
import { useSaving } from "../parts/saving";
import { found } from "../pure/search";
import { note } from "../state/notes";
import { cameras } from "../state/site";
import { errorWords, fieldWords } from "../words/problems";
import { say } from "../words/words";
import { CameraChoice } from "./camerachoice";
import { SearchField } from "./cameras";
import { Confirm } from "./confirm";

export function Groups() {
  const { value, error, again } = useReading(client.groups);
  const [text, setText] = useState("");
  const [form, setForm] = useState<{ group: GroupOut | undefined } | undefined>(undefined);
  const [removing, setRemoving] = useState<GroupOut | undefined>(undefined);
  return (
    <>
      <div class="sheet-bar">
        <h1>{say("group.tab")}</h1>
        <SearchField text={text} onInput={setText} />
        <Button kind="main" icon="plus" label={say("group.add")} testid="add-group" onClick={() => setForm({ group: undefined })} />
      </div>
      {error !== undefined && <Notice tone="bad">{errorWords(error)}</Notice>}
      {value === undefined && error === undefined && <p class="muted">{say("app.loading")}</p>}
      {value?.length === 0 && <p class="lead">{say("group.none")}</p>}
      {value !== undefined && value.length > 0 && <GroupTable groups={found(value, text)} onEdit={(group) => setForm({ group })} onRemove={setRemoving} />}
      {form !== undefined && <GroupForm group={form.group} onClose={() => setForm(undefined)} onSaved={again} />}
      {removing !== undefined && (
        <Confirm
          title={say("group.removeTitle", { name: removing.name })}
          text={say("group.removeText")}
          label={say("admin.remove")}
          onClose={() => setRemoving(undefined)}
          act={async () => {
            await client.removeGroup(removing.id);
            note(() => say("group.removed", { name: removing.name }), "good");
            again();
          }}
        />
      )}
    </>
  );
}

interface TableProps {
  readonly groups: readonly GroupOut[];
  readonly onEdit: (group: GroupOut) => void;
  readonly onRemove: (group: GroupOut) => void;
}

function GroupTable({ groups, onEdit, onRemove }: TableProps) {
  return (
    <div class="table-place">
      <table class="table" data-testid="groups">
        <thead>
          <tr>
            <th>{say("group.name")}</th>
            <th>{say("group.cameras")}</th>
            <th>
              <span class="unseen">{say("admin.actions")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <tr key={group.id} data-group={group.id}>
              <th scope="row">{group.name}</th>
              <td>{members(group)}</td>
              <td class="row-actions">
                <Button bare icon="edit" label={`${say("admin.edit")}: ${group.name}`} onClick={() => onEdit(group)} />
                <Button bare icon="trash" label={`${say("admin.remove")}: ${group.name}`} onClick={() => onRemove(group)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** So many are named in a row; the others are counted. */
const NAMED = 6;

function members({ cameras: ids }: GroupOut): string {
  const named = (cameras.value ?? []).filter(({ id }) => ids.includes(id)).slice(0, NAMED).map(({ name }) => name).join(", ");
  if (ids.length === 0) return say("group.empty");
  return ids.length > NAMED ? say("lock.more", { names: named, count: ids.length - NAMED }) : named;
}

interface FormProps {
  readonly group: GroupOut | undefined;
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

function GroupForm({ group, onClose, onSaved }: FormProps) {
  const [name, setName] = useState(group?.name ?? "");
  const [chosen, setChosen] = useState<readonly number[]>(group?.cameras ?? []);
  const saving = useSaving(["name", "cameras"], async () => {
    const fields = { name: name.trim(), cameras: chosen };
    await (group === undefined ? client.addGroup(fields) : client.changeGroup(group.id, fields));
    note(() => say("group.saved", { name: fields.name }), "good");
    onSaved();
    onClose();
  });
  return (
    <Dialog title={group === undefined ? say("group.add") : say("group.edit", { name: group.name })} onClose={onClose} testid="group-form">
      <Form onSubmit={() => saving.run(name.trim() === "" ? { name: "required" } : {})}>
        <Field name="name" label={say("group.name")} value={name} onInput={setName} error={fieldWords(saving.wrong["name"])} autofocus />
        <fieldset class="part">
          <legend>{say("group.cameras")}</legend>
          <CameraChoice cameras={cameras.value ?? []} chosen={chosen} onInput={setChosen} />
          <FieldError words={fieldWords(saving.wrong["cameras"])} />
        </fieldset>
        {saving.error !== undefined && <Notice tone="bad">{errorWords(saving.error)}</Notice>}
        <div class="dialog-foot">
          <Button label={say("admin.cancel")} onClick={onClose} />
          <Submit label={say(saving.busy ? "admin.saving" : "admin.save")} busy={saving.busy} testid="save-group" />
        </div>
      </Form>
    </Dialog>
  );
}
