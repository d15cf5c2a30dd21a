/** First start: an empty system greets with three steps, not with a login that nobody has. */

import { useState } from "preact/hooks";

import { Field, fieldErrors, Form, Submit } from "../parts/form";
import { Notice } from "../parts/parts";
import { SHORTEST_PASSWORD } from "../pure/drafts";
import { setUp } from "../state/site";
import { errorWords, fieldWords } from "../words/problems";
import { say } from "../words/words";
import { Gate } from "./signin";



export function FirstStart() {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [repeated, setRepeated] = useState("");
  const [wrong, setWrong] = useState<Readonly<Record<string, string>>>({});
  const [error, setError] = useState<unknown>(undefined);
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    const found = check(name, password, repeated);
    setWrong(found);
    setError(undefined);
    if (Object.keys(found).length > 0) return;
    setBusy(true);
    try {
      await setUp(name.trim(), password);
    } catch (failure) {
      setWrong(fieldErrors(failure));
      setError(failure);
    }
    setBusy(false);
  };
  return (
    <Gate wide>
      <h1>{say("setup.title")}</h1>
      <p class="lead">{say("setup.intro")}</p>
      <ol class="steps">
        <li aria-current="step">{say("setup.step1")}</li>
        <li>{say("setup.step2")}</li>
        <li>{say("setup.step3")}</li>
      </ol>
      <Form onSubmit={() => void submit()} label={say("setup.step1")}>
        <p class="muted">{say("setup.why")}</p>
        {error !== undefined && <Notice tone="bad">{errorWords(error)}</Notice>}
        <Field
          name="name"
          label={say("sign.name")}
          value={name}
          onInput={setName}
          autocomplete="username"
          autofocus
          error={fieldWords(wrong["name"])}
        />
        <Field
          name="password"
          type="password"
          label={say("sign.password")}
          value={password}
          onInput={setPassword}
          autocomplete="new-password"
          hint={say("setup.length", { count: SHORTEST_PASSWORD })}
          error={fieldWords(wrong["password"], { count: SHORTEST_PASSWORD })}
        />
        <Field
          name="repeat"
          type="password"
          label={say("setup.repeat")}
          value={repeated}
          onInput={setRepeated}
          autocomplete="new-password"
          error={fieldWords(wrong["repeat"])}
        />
        <Submit label={say("setup.create")} busy={busy} testid="setup" />
      </Form>
    </Gate>
  );
}

function check(name: string, password: string, repeated: string): Record<string, string> {
  const wrong: Record<string, string> = {};
  if (name.trim() === "") wrong["name"] = "required";
  if (password.length < SHORTEST_PASSWORD) wrong["password"] = "password-short";
  else if (password !== repeated) wrong["repeat"] = "different";
  return wrong;
}
