/** Evidence locks: of which cameras and when, whose case, why, until when; and their release. */

import { useState } from "preact/hooks";

import { client } from "../api/client";
import type { LockOut } from "../api/types";
import { Button, Dot, Icon, Notice } from "../parts/parts";
import { useReading } from "../parts/reading";
import { note } from "../state/notes";
import { administrator, cameras, now, siteTime, user } from "../state/site";
import { length } from "../words/amounts";
import { errorWords } from "../words/problems";
import { language, say } from "../words/words";
import { Confirm } from "./confirm";
import { LockDetails } from "./lockdetails";
import { ReleaseForm } from "./releaseform";

const TONES = { holds: "good", asked: "busy", released: "off", expired: "off" } as const satisfies Record<LockOut["state"], string>;
/** So many cameras are named in a row; the others are counted. */
const NAMED = 3;

export function Locks() {
  const [active, setActive] = useState(true);
  const { value, error, again } = useReading(() => client.locks(active), active);
  return (
    <>
      <div class="sheet-bar">
        <h1>{say("lock.title")}</h1>
        <div class="choice" role="group" aria-label={say("lock.which")}>
          <Button label={say("lock.active")} pressed={active} testid="locks-active" onClick={() => setActive(true)} />
          <Button label={say("lock.all")} pressed={!active} testid="locks-all" onClick={() => setActive(false)} />
        </div>
      </div>
      <p class="lead">{say("lock.lead")}</p>
      {error !== undefined && <Notice tone="bad">{errorWords(error)}</Notice>}
      {value === undefined && error === undefined && <p class="muted">{say("app.loading")}</p>}
      {value?.locks.length === 0 && <p class="muted">{say(administrator.value ? "lock.none" : "lock.noneViewer")}</p>}
      {value !== undefined && value.locks.length > 0 && <LockTable locks={value.locks} twoPersons={value.two_persons} onChanged={again} />}
    </>
  );
}

interface TableProps {
  readonly locks: readonly LockOut[];
  readonly twoPersons: boolean;
  readonly onChanged: () => void;
}

function LockTable({ locks, twoPersons, onChanged }: TableProps) {
  const [shown, setShown] = useState<LockOut | undefined>(undefined);
  const [releasing, setReleasing] = useState<LockOut | undefined>(undefined);
  const [confirming, setConfirming] = useState<LockOut | undefined>(undefined);
  const withdraw = (lock: LockOut) =>
    void client.withdrawRelease(lock.id).then(
      () => {
        note(() => say("lock.withdrawn", { title: lock.case_number }), "good");
        onChanged();
      },
      (failure: unknown) => note(() => errorWords(failure), "bad"),
    );
  const act = { onShow: setShown, onRelease: setReleasing, onConfirm: setConfirming, onWithdraw: withdraw };
  return (
    <>
      <div class="table-place">
        <table class="table" data-testid="locks">
          <caption class="unseen">{say("lock.title")}</caption>
          <thead>
            <tr>
              <th>{say("lock.case")}</th>
              <th>{say("lock.cameras")}</th>
              <th>{say("lock.reason")}</th>
              <th>{say("lock.until")}</th>
              <th>{say("camera.state")}</th>
              {administrator.value && (
                <th>
                  <span class="unseen">{say("admin.actions")}</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {locks.map((lock) => (
              <LockRow key={lock.id} lock={lock} {...act} />
            ))}
          </tbody>
        </table>
      </div>
      {shown !== undefined && <LockDetails lock={shown} onClose={() => setShown(undefined)} />}
      {releasing !== undefined && (
        <ReleaseForm lock={releasing} twoPersons={twoPersons} onClose={() => setReleasing(undefined)} onDone={onChanged} />
      )}
      {confirming !== undefined && (
        <Confirm
          title={say("lock.confirmTitle", { title: confirming.case_number })}
          text={say("lock.confirmText", { by: confirming.release_asked_by, reason: confirming.release_reason })}
          label={say("lock.confirm")}
          onClose={() => setConfirming(undefined)}
          act={async () => {
            await client.confirmRelease(confirming.id);
            note(() => say("lock.released", { title: confirming.case_number }), "good");
            onChanged();
          }}
        />
      )}
    </>
  );
}

interface RowProps {
  readonly lock: LockOut;
  readonly onShow: (lock: LockOut) => void;
  readonly onRelease: (lock: LockOut) => void;
  readonly onConfirm: (lock: LockOut) => void;
  readonly onWithdraw: (lock: LockOut) => void;
}

function LockRow({ lock, onShow, onRelease, onConfirm, onWithdraw }: RowProps) {
  const { state } = lock;
  const mine = lock.release_asked_by === user.value?.name;
  return (
    <tr data-lock={lock.id} data-state={state}>
      <th scope="row">
        <button type="button" class="link" onClick={() => onShow(lock)}>
          {lock.case_number}
        </button>
      </th>
      <td class="why">
        {cameraWords(lock)}
        <small class="cause">{spanWords(lock)}</small>
      </td>
      <td class="why">
        {lock.reason}
        <small class="cause">{say("lock.by", { by: lock.created_by, time: momentWords(lock.created) })}</small>
      </td>
      <td>{lock.expires === null ? say("lock.untilReleased") : momentWords(lock.expires)}</td>
      <td>
        <StateWords lock={lock} />
      </td>
      {administrator.value && (
        <td class="row-actions stacked">
          {state === "holds" && <Button label={say("lock.release")} testid={`release-${lock.id}`} onClick={() => onRelease(lock)} />}
          {state === "asked" && <Button label={say("lock.withdraw")} testid={`withdraw-${lock.id}`} onClick={() => onWithdraw(lock)} />}
          {state === "asked" && <Button label={say("lock.confirm")} testid={`confirm-${lock.id}`} disabled={mine} onClick={() => onConfirm(lock)} />}
        </td>
      )}
    </tr>
  );
}

/** What became of it, and who asked or released. */
export function StateWords({ lock }: { lock: LockOut }) {
  const { state } = lock;
  const tone = TONES[state];
  return (
    <>
      <span class={`status ${tone}`}>
        {state === "holds" ? <Icon name="lock" /> : <Dot tone={tone} />}
        {say(`lock.state.${state}`)}
      </span>
      {state === "asked" && (
        <small class="cause">
          {say("lock.asked", { by: lock.release_asked_by, time: momentWords(lock.release_asked ?? 0), reason: lock.release_reason })}
        </small>
      )}
      {state === "released" && (
        <small class="cause">{say("lock.releasedBy", { by: lock.released_by, time: momentWords(lock.released ?? 0), reason: lock.release_reason })}</small>
      )}
    </>
  );
}

export function momentWords(wall: number): string {
  return siteTime.value.moment(wall, now(), language.value);
}

/** What of a camera is known here; removed ones keep their number in the store. */
export function cameraName(id: number): string {
  const camera = cameras.value?.find((each) => each.id === id);
  return camera === undefined ? say("camera.gone", { id }) : `${camera.number} · ${camera.name}`;
}

function cameraWords({ spans }: LockOut): string {
  const ids = [...new Set(spans.map(({ camera_id }) => camera_id))];
  const named = ids.slice(0, NAMED).map(cameraName).join(", ");
  return ids.length > NAMED ? say("lock.more", { names: named, count: ids.length - NAMED }) : named;
}

function spanWords({ spans }: LockOut): string {
  const start = Math.min(...spans.map((span) => span.start));
  const end = Math.max(...spans.map((span) => span.end));
  return say("lock.span", { from: momentWords(start), until: momentWords(end), length: length(end - start) });
}
