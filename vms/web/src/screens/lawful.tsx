/** What a camera is for, and who answers for it: without a purpose nothing of it is given out. */

import type { Purpose } from "../api/types";
import { Check, Field, FieldError } from "../parts/form";
import { fieldWords } from "../words/problems";
import { say } from "../words/words";
import type { InputsProps } from "./cameraform";

const PURPOSES = ["security", "traffic", "disaster"] as const satisfies readonly Purpose[];

export function Lawful({ draft, change, wrong }: Omit<InputsProps, "isNew">) {
  const toggle = (purpose: Purpose, on: boolean) =>
    change({ purposes: PURPOSES.filter((each) => (each === purpose ? on : draft.purposes.includes(each))) });
  return (
    <fieldset class="part" data-testid="purposes">
      <legend>{say("camera.law")}</legend>
      <div class="checks" role="group" aria-label={say("camera.purposes")}>
        {PURPOSES.map((purpose) => (
          <Check key={purpose} name={`purpose-${purpose}`} label={say(`purpose.${purpose}`)} checked={draft.purposes.includes(purpose)} onInput={(on) => toggle(purpose, on)} />
        ))}
      </div>
      <p class="field-hint">{say("camera.purposes")}</p>
      <FieldError words={fieldWords(wrong["purposes"])} />
      <div class="fields">
        <Field name="owner_agency" label={say("camera.agency")} value={draft.owner_agency} onInput={(owner_agency) => change({ owner_agency })} hint={say("camera.agencyHint")} error={fieldWords(wrong["owner_agency"])} optional />
        <Field name="contact" label={say("camera.contact")} value={draft.contact} onInput={(contact) => change({ contact })} hint={say("camera.contactHint")} error={fieldWords(wrong["contact"])} optional />
      </div>
      <Check name="sign_posted" label={say("camera.sign")} checked={draft.sign_posted} onInput={(sign_posted) => change({ sign_posted })} />
    </fieldset>
  );
}
