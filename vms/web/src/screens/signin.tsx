/** Before the frame: opening, and signing in. */

import { useState } from "preact/hooks";

import { ApiError } from "../api/client";
import { Field, Form, Submit } from "../parts/form";
import { Icon, Notice } from "../parts/parts";
import { chooseLanguage, theme } from "../state/settings";
import { ended, phase, signIn, site } from "../state/site";
import { errorWords } from "../words/problems";
import { language, say } from "../words/words";
import type { ComponentChildren } from "preact";

export function Opening() {
  return (
    <Gate>
      {phase.value === "lost" ? (
        <Notice tone="bad">{say("error.network")}</Notice>
      ) : (
        <p role="status">{say("app.loading")}</p>
      )}
    </Gate>
  );
}

export function SignIn() {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const submit = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await signIn(name.trim(), password);
    } catch (failure) {
      setError(failure);
      setPassword("");
    }
    setBusy(false);
  };
  return (
    <Gate>
      <h1>{say("sign.title")}</h1>
      {ended.value && error === undefined && <Notice tone="plain">{say("sign.ended")}</Notice>}
      <Form onSubmit={() => void submit()} label={say("sign.title")}>
        {error !== undefined && <Notice tone="bad">{wrongWords(error)}</Notice>}
        <Field name="name" label={say("sign.name")} value={name} onInput={setName} autocomplete="username" autofocus />
        <Field
          name="password"
          type="password"
          label={say("sign.password")}
          value={password}
          onInput={setPassword}
          autocomplete="current-password"
        />
        <Submit label={say("sign.in")} busy={busy} testid="sign-in" />
      </Form>
    </Gate>
  );
}

function wrongWords(error: unknown): string {
  const refused = error instanceof ApiError && [401, 403].includes(error.status);
  return refused ? say("sign.wrong") : errorWords(error);
}

/** The sheet in front of everything, with the site's name and the switches that always work. */
export function Gate({ children, wide }: { children: ComponentChildren; wide?: boolean }) {
  return (
    <main class="gate">
      <div class={wide ? "gate-sheet wide" : "gate-sheet"}>
        <p class="gate-name">
          <Icon name="eye" />
          <span>{site.value?.name ?? say("app.name")}</span>
        </p>
        {children}
      </div>
      <p class="gate-foot">
        <LanguageButton />
        <ThemeButton />
      </p>
    </main>
  );
}

export function LanguageButton() {
  return (
    <button
      type="button"
      class="button quiet"
      data-testid="language"
      title={say("top.language")}
      aria-label={say("top.language")}
      onClick={() => chooseLanguage(language.value === "id" ? "en" : "id")}
    >
      <span class="languages">
        <b class={language.value === "id" ? "on" : ""}>{say("language.id")}</b>
        <b class={language.value === "en" ? "on" : ""}>{say("language.en")}</b>
      </span>
    </button>
  );
}

export function ThemeButton() {
  const dark = theme.value === "dark";
  const label = say(dark ? "top.light" : "top.dark");
  return (
    <button
      type="button"
      class="button quiet bare"
      data-testid="theme"
      title={label}
      aria-label={label}
      onClick={() => (theme.value = dark ? "light" : "dark")}
    >
      <Icon name={dark ? "sun" : "moon"} />
    </button>
  );
}
