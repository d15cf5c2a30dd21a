/** Forms: a field with its label, hint and error beside it; a dialog that holds one. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

import { ApiError } from "../api/client";
import { say } from "../words/words";
import { Icon } from "./parts";

export type FieldErrors = Readonly<Record<string, string>>;

/** The server's words about single fields. */
export function fieldErrors(error: unknown): FieldErrors {
  if (!(error instanceof ApiError)) return {};
  const errors = error.problem.errors ?? [];
  return Object.fromEntries(errors.map(({ field, message }) => [lastPart(field), message]));
}

/** `body.main_url` and `main_url` are the same field here, as are all hours of one policy. */
function lastPart(field: string): string {
  const policy = /(?:^|\.)((?:sub_)?policy\.\w+)/.exec(field);
  return policy?.[1] ?? field.split(".").pop() ?? field;
}

interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly type?: "text" | "password" | "number" | "url";
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly optional?: boolean;
  readonly autocomplete?: string;
  readonly autofocus?: boolean;
}

export function Field(props: FieldProps) {
  const id = useId();
  const { error, hint } = props;
  const about = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ");
  return (
    <div class={`field${error ? " wrong" : ""}`}>
      <label for={id}>
        {props.label}
        {props.optional && <small> {say("field.optional")}</small>}
      </label>
      <input
        id={id}
        name={props.name}
        type={props.type === "url" ? "text" : (props.type ?? "text")}
        inputMode={props.type === "url" ? "url" : undefined}
        value={props.value}
        autocomplete={props.autocomplete ?? "off"}
        autofocus={props.autofocus}
        spellcheck={false}
        aria-invalid={error !== undefined}
        aria-describedby={about === "" ? undefined : about}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
      {error && (
        <p class="field-error" id={`${id}-error`}>
          <Icon name="warning" /> {error}
        </p>
      )}
      {hint && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

interface SelectProps<T extends string> {
  readonly name: string;
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [T, string])[];
  readonly onInput: (value: T) => void;
  readonly hint?: string | undefined;
}

export function Select<T extends string>(props: SelectProps<T>) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select
        id={id}
        name={props.name}
        value={props.value}
        aria-describedby={props.hint === undefined ? undefined : `${id}-hint`}
        onChange={(event) => props.onInput(event.currentTarget.value as T)}
      >
        {props.options.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
      {props.hint && (
        <p class="field-hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      )}
    </div>
  );
}

/** What is wrong with a group of inputs, read out when it appears. */
export function FieldError({ words }: { words: string | undefined }) {
  return words === undefined ? null : (
    <p class="field-error" role="alert">
      <Icon name="warning" /> {words}
    </p>
  );
}

interface CheckProps {
  readonly name: string;
  readonly label: string;
  readonly checked: boolean;
  readonly onInput: (checked: boolean) => void;
  readonly hint?: string | undefined;
}

export function Check(props: CheckProps) {
  return (
    <div class="check">
      <label>
        <input
          type="checkbox"
          name={props.name}
          checked={props.checked}
          onInput={(event) => props.onInput(event.currentTarget.checked)}
        />
        <span>{props.label}</span>
      </label>
      {props.hint && <p class="field-hint">{props.hint}</p>}
    </div>
  );
}

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly wide?: boolean;
  readonly testid?: string;
}

/** A modal dialog; Escape and a press outside close it, the focus goes back where it was. */
export function Dialog({ title, onClose, children, wide, testid }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={wide ? "dialog wide" : "dialog"}
      aria-labelledby={id}
      data-testid={testid}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div class="dialog-body">
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

/** A form that does not reload the page. What is wrong with it comes into view. */
export function Form(props: { onSubmit: () => void; children: ComponentChildren; label?: string }) {
  return (
    <form
      noValidate
      aria-label={props.label}
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        props.onSubmit();
        setTimeout(() => form.querySelector(".field-error")?.scrollIntoView({ block: "center" }));
      }}
    >
      {props.children}
    </form>
  );
}

interface SubmitProps {
  readonly label: string;
  readonly busy: boolean;
  readonly kind?: "main" | "danger";
  readonly testid?: string;
}

export function Submit({ label, busy, kind = "main", testid }: SubmitProps) {
  return (
    <button type="submit" class={`button ${kind}`} disabled={busy} data-testid={testid}>
      <span>{label}</span>
    </button>
  );
}
