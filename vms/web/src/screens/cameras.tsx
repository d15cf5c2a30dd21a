/** Administration of cameras: the list, adding, changing, removing. */

import { signal } from "@preact/signals";
import { useState } from "preact/hooks";

import { client } from "../api/client";
import type { Camera } from "../api/types";
import { Button, Icon, StatusWord } from "../parts/parts";
import { found } from "../pure/search";
import { cameraStatus } from "../pure/status";
import { note } from "../state/notes";
import { cameras, readCameras, stateList } from "../state/site";
import { causeWords } from "../words/problems";
import { say } from "../words/words";
import { CameraForm } from "./cameraform";
import { Confirm } from "./confirm";

/** Set where another screen sends the person here to add a camera. */
export const addingCamera = signal(false);

export function Cameras() {
  const [text, setText] = useState("");
  const [editing, setEditing] = useState<Camera | undefined>(undefined);
  const [removing, setRemoving] = useState<Camera | undefined>(undefined);
  const all = cameras.value ?? [];
  const shown = found(all, text);
  return (
    <>
      <div class="sheet-bar">
        <h1>{say("admin.cameras")}</h1>
        <SearchField text={text} onInput={setText} />
        <Button kind="main" icon="plus" label={say("camera.add")} testid="add-camera" onClick={() => (addingCamera.value = true)} />
      </div>
      {all.length === 0 ? (
        <p class="lead">{say("empty.admin", { example: "rtsp://192.168.1.64:554/stream1" })}</p>
      ) : shown.length === 0 ? (
        <p class="muted">{say("admin.noMatch")}</p>
      ) : (
        <CameraTable cameras={shown} onEdit={setEditing} onRemove={setRemoving} />
      )}
      {(addingCamera.value || editing !== undefined) && (
        <CameraForm
          camera={editing}
          onClose={() => {
            addingCamera.value = false;
            setEditing(undefined);
          }}
        />
      )}
      {removing !== undefined && <Removing camera={removing} onClose={() => setRemoving(undefined)} />}
    </>
  );
}

export function SearchField({ text, onInput }: { text: string; onInput: (text: string) => void }) {
  return (
    <label class="search">
      <Icon name="search" />
      <input
        type="search"
        value={text}
        placeholder={say("admin.search")}
        aria-label={say("admin.search")}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}

interface TableProps {
  readonly cameras: readonly Camera[];
  readonly onEdit: (camera: Camera) => void;
  readonly onRemove: (camera: Camera) => void;
}

function CameraTable({ cameras: rows, onEdit, onRemove }: TableProps) {
  return (
    <div class="table-place">
      <table class="table" data-testid="cameras">
        <thead>
          <tr>
            <th class="num">{say("camera.number")}</th>
            <th>{say("camera.name")}</th>
            <th>{say("camera.state")}</th>
            <th>{say("camera.address")}</th>
            <th>{say("camera.retention")}</th>
            <th>
              <span class="unseen">{say("admin.actions")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((camera) => (
            <CameraRow key={camera.id} camera={camera} onEdit={onEdit} onRemove={onRemove} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CameraRow({ camera, onEdit, onRemove }: { camera: Camera } & Omit<TableProps, "cameras">) {
  const status = cameraStatus(camera, stateList.value);
  const days = camera.retention_days;
  return (
    <tr data-camera={camera.id}>
      <td class="num">{camera.number}</td>
      <th scope="row">
        {camera.name}
        {camera.purposes.length === 0 && <small class="cause">{say("camera.noPurpose")}</small>}
      </th>
      <td>
        <StatusWord status={status} />
        {status.tone !== "good" && status.cause !== null && status.word !== "disabled" && (
          <small class="cause">{causeWords(status.cause)}</small>
        )}
      </td>
      <td class="address">{camera.streams.find(({ role }) => role === "main")?.url ?? "–"}</td>
      <td>{days === null ? say("camera.site") : say("camera.days", { count: days })}</td>
      <td class="row-actions">
        <Button bare icon="edit" label={`${say("admin.edit")}: ${camera.name}`} onClick={() => onEdit(camera)} />
        <Button bare icon="trash" label={`${say("admin.remove")}: ${camera.name}`} onClick={() => onRemove(camera)} />
      </td>
    </tr>
  );
}

function Removing({ camera, onClose }: { camera: Camera; onClose: () => void }) {
  const { name } = camera;
  return (
    <Confirm
      title={say("camera.removeTitle", { name })}
      text={say("camera.removeText")}
      label={say("admin.remove")}
      onClose={onClose}
      act={async () => {
        await client.removeCamera(camera.id);
        await readCameras();
        note(() => say("camera.removed", { name }), "good");
      }}
    />
  );
}
