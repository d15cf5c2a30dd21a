/** Chooses some of all cameras: a list to tick, with a search where there are many. */

import { useState } from "preact/hooks";

import type { Camera } from "../api/types";
import { Check } from "../parts/form";
import { found } from "../pure/search";
import { say } from "../words/words";
import { SearchField } from "./cameras";

/** From here on a list is searched rather than read. */
const MANY = 12;

interface ChoiceProps {
  readonly cameras: readonly Camera[];
  readonly chosen: readonly number[];
  readonly onInput: (chosen: readonly number[]) => void;
}

export function CameraChoice({ cameras, chosen, onInput }: ChoiceProps) {
  const [text, setText] = useState("");
  const toggle = (id: number, on: boolean) => onInput(on ? [...chosen, id] : chosen.filter((each) => each !== id));
  return (
    <>
      {cameras.length > MANY && <SearchField text={text} onInput={setText} />}
      <div class="camera-choice" tabIndex={0} role="group" aria-label={say("list.label")}>
        {found(cameras, text).map(({ id, number, name }) => (
          <Check key={id} name={`camera-${id}`} label={`${number} · ${name}`} checked={chosen.includes(id)} onInput={(on) => toggle(id, on)} />
        ))}
      </div>
      <p class="muted">{say("user.count", { count: chosen.length })}</p>
    </>
  );
}
