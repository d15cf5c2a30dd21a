/** The small pieces every screen is made of: icons, buttons, status dots, notices. */

import type { ComponentChildren } from "preact";

import type { Status, Tone } from "../pure/status";
import { screen, type Screen } from "../state/route";
import { causeWords } from "../words/problems";
import { say } from "../words/words";
import { shape, type IconName } from "./icons";

export function Icon({ name }: { name: IconName }) {
  return (
    <svg viewBox="0 0 20 20" class="icon" aria-hidden="true">
      <path d={shape(name)} />
    </svg>
  );
}

interface ButtonProps {
  readonly icon?: IconName;
  readonly label: string;
  /** Show only the drawing; the label is its name and its hint. */
  readonly bare?: boolean;
  readonly onClick: () => void;
  readonly testid?: string;
  readonly kind?: "plain" | "main" | "danger" | "archive";
  readonly pressed?: boolean;
  readonly expanded?: boolean;
  readonly disabled?: boolean;
  readonly keys?: string;
}

export function Button(props: ButtonProps) {
  const { icon, label, bare, keys, kind = "plain" } = props;
  const hint = keys === undefined ? label : `${label} (${keys})`;
  return (
    <button
      type="button"
      class={`button ${kind}${bare ? " bare" : ""}`}
      title={bare || keys !== undefined ? hint : undefined}
      aria-label={bare ? label : undefined}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      aria-keyshortcuts={keys}
      disabled={props.disabled}
      data-testid={props.testid}
      onClick={props.onClick}
    >
      {icon !== undefined && <Icon name={icon} />}
      {!bare && <span>{label}</span>}
    </button>
  );
}

/** A colour and a shape: never the colour alone. The word stands beside it or is read out. */
export function Dot({ tone }: { tone: Tone }) {
  return <span class={`dot ${tone}`} aria-hidden="true" />;
}

export function StatusWord({ status }: { status: Status }) {
  const cause = status.cause === null ? undefined : causeWords(status.cause);
  return (
    <span class={`status ${status.tone}`} title={cause}>
      <Dot tone={status.tone} />
      {say(`condition.${status.word}`)}
    </span>
  );
}

export function Notice({ tone, children }: { tone: "bad" | "good" | "plain"; children: ComponentChildren }) {
  return (
    <p class={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      {tone !== "plain" && <Icon name={tone === "bad" ? "warning" : "check"} />}
      <span>{children}</span>
    </p>
  );
}

/** One of the parts of a screen; the address says which is open. */
export function Tab({ to, label }: { to: Screen; label: string }) {
  const here = screen.value === to;
  return (
    <a href={`#/${to}`} class={here ? "tab here" : "tab"} aria-current={here ? "page" : undefined}>
      {label}
    </a>
  );
}
