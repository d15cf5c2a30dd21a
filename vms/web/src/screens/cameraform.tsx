/** The form of one camera: tested before it is saved, errors beside their fields. */

import { useState } from "preact/hooks";

import { ApiError, client } from "../api/client";
import type { Camera, CameraFields, Probe } from "../api/types";
import { Check, Dialog, Field, fieldErrors, Form, Select, Submit, type FieldErrors } from "../parts/form";
import { Button, Notice } from "../parts/parts";
import { cameraDraft, cameraFields, checkCamera, type CameraDraft } from "../pure/drafts";
import { note } from "../state/notes";
import { readCameras } from "../state/site";
import { codecName, number } from "../words/amounts";
import { errorWords, fieldWords } from "../words/problems";
import { say } from "../words/words";
import { KeepFields } from "./keepform";
import { Lawful } from "./lawful";

type Test = { readonly is: "none" | "running" } | { readonly is: "ok"; readonly probe: Probe } | { readonly is: "bad"; readonly error: unknown };

export function CameraForm({ camera, onClose }: { camera: Camera | undefined; onClose: () => void }) {
  const [draft, setDraft] = useState<CameraDraft>(() => cameraDraft(camera));
  const [wrong, setWrong] = useState<FieldErrors>({});
  const [error, setError] = useState<unknown>(undefined);
  const [busy, setBusy] = useState(false);
  const change = (part: Partial<CameraDraft>) => setDraft({ ...draft, ...part });
  const submit = async () => {
    const found = checkCamera(draft);
    setWrong(found);
    setError(undefined);
    if (Object.keys(found).length > 0) return;
    setBusy(true);
    try {
      await save(camera, cameraFields(draft, camera));
      onClose();
    } catch (failure) {
      const wrongFields = conflicting(failure) ? { number: "taken" } : fieldErrors(failure);
      setWrong(wrongFields);
      setError(Object.keys(wrongFields).length > 0 ? undefined : failure);
      setBusy(false);
    }
  };
  const title = camera === undefined ? say("camera.add") : say("camera.edit", { name: camera.name });
  return (
    <Dialog title={title} onClose={onClose} wide testid="camera-form">
      <Form onSubmit={() => void submit()}>
        <CameraInputs draft={draft} change={change} wrong={wrong} isNew={camera === undefined} />
        <Testing draft={draft} onWrong={setWrong} />
        <Lawful draft={draft} change={change} wrong={wrong} />
        <Recording draft={draft} change={change} wrong={wrong} />
        <Connection draft={draft} change={change} />
        {error !== undefined && <Notice tone="bad">{errorWords(error)}</Notice>}
        <div class="dialog-foot">
          <Button label={say("admin.cancel")} onClick={onClose} />
          <Submit label={say(busy ? "admin.saving" : "admin.save")} busy={busy} testid="save-camera" />
        </div>
      </Form>
    </Dialog>
  );
}

/** The only thing two cameras cannot share is a number. */
function conflicting(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409;
}

async function save(camera: Camera | undefined, fields: CameraFields): Promise<void> {
  const name = fields.name ?? camera?.name ?? "";
  if (camera === undefined) await client.addCamera(fields);
  else await client.changeCamera(camera.id, fields);
  await readCameras();
  note(() => say(camera === undefined ? "camera.added" : "camera.changed", { name }), "good");
}

export interface InputsProps {
  readonly draft: CameraDraft;
  readonly change: (part: Partial<CameraDraft>) => void;
  readonly wrong: FieldErrors;
  readonly isNew: boolean;
}

function CameraInputs({ draft, change, wrong, isNew }: InputsProps) {
  const error = (field: string) => fieldWords(wrong[field]);
  return (
    <div class="fields">
      <Field name="name" label={say("camera.name")} value={draft.name} onInput={(name) => change({ name })} hint={say("camera.nameHint")} error={error("name")} autofocus />
      <Field name="number" label={say("camera.number")} value={draft.number} onInput={(value) => change({ number: value })} hint={say("camera.numberHint")} error={error("number")} type="number" optional />
      <Field name="main_url" label={say("camera.mainUrl")} value={draft.main_url} onInput={(main_url) => change({ main_url })} error={error("main_url")} type="url" />
      <Field name="sub_url" label={say("camera.subUrl")} value={draft.sub_url} onInput={(sub_url) => change({ sub_url })} hint={say("camera.subHint")} error={error("sub_url")} type="url" optional />
      <Field name="username" label={say("camera.username")} value={draft.username} onInput={(username) => change({ username })} error={error("username")} optional />
      <Field
        name="password"
        type="password"
        label={say("camera.password")}
        value={draft.password}
        onInput={(password) => change({ password })}
        hint={isNew ? undefined : say("camera.passwordKeep")}
        error={error("password")}
        autocomplete="new-password"
        optional
      />
    </div>
  );
}

const PRIORITIES = ["9", "8", "7", "6", "5", "4", "3", "2", "1", "0"] as const;

function Recording({ draft, change, wrong }: Omit<InputsProps, "isNew">) {
  const usual = (value: string) => (value === "5" ? say("camera.priorityUsual", { value }) : value);
  return (
    <fieldset class="part">
      <legend>{say("camera.recording")}</legend>
      <div class="checks">
        <Check name="enabled" label={say("camera.enabled")} checked={draft.enabled} onInput={(enabled) => change({ enabled })} />
        <Check name="audio" label={say("camera.audio")} checked={draft.audio} onInput={(audio) => change({ audio })} hint={say("camera.audioHint")} />
      </div>
      <div class="fields">
        <KeepFields name="policy" label={say("camera.keepMain")} draft={draft.main} wrong={wrong} onInput={(main) => change({ main })} />
        {draft.sub_url.trim() !== "" && (
          <KeepFields name="sub_policy" label={say("camera.keepSub")} draft={draft.sub} wrong={wrong} onInput={(sub) => change({ sub })} />
        )}
        <Field name="retention_days" label={say("camera.retention")} value={draft.retention_days} onInput={(retention_days) => change({ retention_days })} hint={say("camera.retentionHint")} error={fieldWords(wrong["retention_days"])} type="number" optional />
        <Select name="priority" label={say("camera.priority")} value={draft.priority} options={PRIORITIES.map((value) => [value, usual(value)] as const)} onInput={(priority) => change({ priority })} hint={say("camera.priorityHint")} />
      </div>
    </fieldset>
  );
}

const TRANSPORTS = ["auto", "tcp", "udp"] as const;
const ENGINES = ["auto", "rtsp", "pyav"] as const;

/** What nobody needs to touch as long as it works. */
function Connection({ draft, change }: Pick<InputsProps, "draft" | "change">) {
  const { transport, engine } = draft;
  return (
    <details class="part" open={transport !== "auto" || engine !== "auto"}>
      <summary>{say("camera.connection")}</summary>
      <div class="fields">
        <Select name="transport" label={say("camera.transport")} value={transport} options={TRANSPORTS.map((each) => [each, say(`transport.${each}`)] as const)} onInput={(chosen) => change({ transport: chosen })} hint={say("camera.transportHint")} />
        <Select name="engine" label={say("camera.engine")} value={engine} options={ENGINES.map((each) => [each, say(`engine.${each}`)] as const)} onInput={(chosen) => change({ engine: chosen })} hint={say("camera.engineHint")} />
      </div>
    </details>
  );
}

/** Ask the camera now, with what stands in the form, before anything is saved. */
function Testing({ draft, onWrong }: { draft: CameraDraft; onWrong: (wrong: FieldErrors) => void }) {
  const [test, setTest] = useState<Test>({ is: "none" });
  const run = async () => {
    const { main_url } = checkCamera(draft);
    onWrong(main_url === undefined ? {} : { main_url });
    if (main_url !== undefined) return;
    setTest({ is: "running" });
    try {
      setTest(judged(await client.probe(draft.main_url.trim(), draft.username, draft.password)));
    } catch (error) {
      const wrong = fieldErrors(error);
      onWrong("url" in wrong ? { main_url: wrong["url"]! } : {});
      setTest({ is: "bad", error });
    }
  };
  return (
    <div class="testing">
      <Button
        icon="camera"
        label={say(test.is === "running" ? "camera.testing" : "camera.test")}
        disabled={test.is === "running"}
        testid="probe"
        onClick={() => void run()}
      />
      {test.is === "ok" && <Notice tone="good">{probeWords(test.probe)}</Notice>}
      {test.is === "ok" && isH265(test.probe) && <Notice tone="plain">{say("camera.testH265")}</Notice>}
      {test.is === "bad" && <Notice tone="bad">{say("camera.testBad", { reason: errorWords(test.error) })}</Notice>}
    </div>
  );
}

/** An answer without a codec is no video, whatever else it says. */
function judged(probe: Probe): Test {
  if (probe.codec !== "") return { is: "ok", probe };
  return { is: "bad", error: new ApiError({ status: 503, kind: "unavailable", cause: probe.cause ?? "bad-url" }) };
}

function probeWords({ codec, width, height, fps, audio }: Probe): string {
  return say("camera.testOk", {
    codec: codecName(codec),
    width,
    height,
    fps: fps ? say("camera.testFps", { fps: number(fps, fps % 1 === 0 ? 0 : 1) }) : "",
    audio: audio ? say("camera.testAudio", { codec: audio }) : "",
  });
}

function isH265({ codec }: Probe): boolean {
  return /^(h\.?265|hevc)/i.test(codecName(codec));
}
