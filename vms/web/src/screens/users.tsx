/** Administration of users: who may sign in, as what, for which cameras. */

import { useEffect, useState } from "preact/hooks";

import { client } from "../api/client";
import type { User } from "../api/types";
import { Button, Notice } from "../parts/parts";
import { found } from "../pure/search";
import { note } from "../state/notes";
import { user as self } from "../state/site";
import { errorWords } from "../words/problems";
import { say } from "../words/words";
import { SearchField } from "./cameras";
import { Confirm } from "./confirm";
import { UserForm } from "./userform";

export function Users() {
  const [users, setUsers] = useState<readonly User[] | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const [text, setText] = useState("");
  const [form, setForm] = useState<{ user: User | undefined } | undefined>(undefined);
  const [removing, setRemoving] = useState<User | undefined>(undefined);
  const read = () => client.users().then(setUsers, setError);
  useEffect(() => void read(), []);
  const shown = found(users ?? [], text);
  return (
    <>
      <div class="sheet-bar">
        <h1>{say("admin.users")}</h1>
        <SearchField text={text} onInput={setText} />
        <Button kind="main" icon="plus" label={say("user.add")} testid="add-user" onClick={() => setForm({ user: undefined })} />
      </div>
      {error !== undefined && <Notice tone="bad">{errorWords(error)}</Notice>}
      {users === undefined && error === undefined && <p class="muted">{say("app.loading")}</p>}
      {users !== undefined && users.length <= 1 && <p class="lead">{say("user.empty")}</p>}
      {users !== undefined && <UserTable users={shown} onEdit={(user) => setForm({ user })} onRemove={setRemoving} />}
      {form !== undefined && (
        <UserForm user={form.user} onClose={() => setForm(undefined)} onSaved={() => void read()} />
      )}
      {removing !== undefined && (
        <Confirm
          title={say("user.removeTitle", { name: removing.name })}
          text={say("user.removeText")}
          label={say("admin.remove")}
          onClose={() => setRemoving(undefined)}
          act={async () => {
            await client.removeUser(removing.id);
            await read();
            note(() => say("user.removed", { name: removing.name }), "good");
          }}
        />
      )}
    </>
  );
}

interface TableProps {
  readonly users: readonly User[];
  readonly onEdit: (user: User) => void;
  readonly onRemove: (user: User) => void;
}

function UserTable({ users, onEdit, onRemove }: TableProps) {
  return (
    <div class="table-place">
      <table class="table" data-testid="users">
        <thead>
          <tr>
            <th>{say("user.name")}</th>
            <th>{say("user.role")}</th>
            <th>{say("user.cameras")}</th>
            <th>
              <span class="unseen">{say("admin.actions")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {users.map((user) => {
            const me = user.id === self.value?.id;
            return (
              <tr key={user.id}>
                <th scope="row">
                  {user.name}
                  {me && <small class="tag">{say("user.you")}</small>}
                  {user.enabled === false && <small class="tag">{say("user.disabled")}</small>}
                </th>
                <td>{say(`role.${user.role}`)}</td>
                <td>{user.cameras === null ? say("user.all") : say("user.count", { count: user.cameras.length })}</td>
                <td class="row-actions">
                  <Button bare icon="edit" label={`${say("admin.edit")}: ${user.name}`} onClick={() => onEdit(user)} />
                  <Button bare icon="trash" label={`${say("admin.remove")}: ${user.name}`} disabled={me} onClick={() => onRemove(user)} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
