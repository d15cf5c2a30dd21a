/** What a form goes through while it is saved: busy, errors beside their fields, or one for the whole. */

import { useState } from "preact/hooks";

import { fieldErrors, type FieldErrors } from "./form";

export interface Saving {
  readonly busy: boolean;
  readonly wrong: FieldErrors;
  /** What is wrong with none of the fields. */
  readonly error: unknown;
  /** Save, unless `found` (codes by field) says that something is wrong already. */
  readonly run: (found: FieldErrors) => void;
}

/** `save` closes the form itself when it went well. `fields`: those that show their own error. */
export function useSaving(fields: readonly string[], save: () => Promise<void>): Saving {
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<FieldErrors>({});
  const [error, setError] = useState<unknown>(undefined);
  const run = (found: FieldErrors) => {
    setWrong(found);
    setError(undefined);
    if (Object.keys(found).length > 0) return;
    setBusy(true);
    save().catch((failure: unknown) => {
      const told = fieldErrors(failure);
      setWrong(told);
      const beside = Object.keys(told);
      setError(beside.length > 0 && beside.every((field) => fields.includes(field)) ? undefined : failure);
      setBusy(false);
    });
  };
  return { busy, wrong, error, run };
}
