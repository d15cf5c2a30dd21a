/** What a sheet reads from the server when it opens, and again when it is told to. */

import { useEffect, useState } from "preact/hooks";

export interface Reading<T> {
  readonly value: T | undefined;
  readonly error: unknown;
  readonly again: () => void;
}

/** `key` changes: another thing is read. What was read stays until the new answer is there. */
export function useReading<T>(ask: () => Promise<T>, key: unknown = ""): Reading<T> {
  const [value, setValue] = useState<T | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const [round, setRound] = useState(0);
  useEffect(() => {
    let here = true;
    ask().then(
      (read) => {
        if (!here) return;
        setValue(() => read);
        setError(undefined);
      },
      (failure: unknown) => here && setError(failure),
    );
    return () => {
      here = false;
    };
  }, [key, round]);
  return { value, error, again: () => setRound((before) => before + 1) };
}
