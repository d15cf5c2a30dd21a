/** Reductions that wait for their time: what, since whom, from when on; each can still be cancelled. */

import { useState } from "preact/hooks";

import { client } from "../api/client";
import type { GroupOut, PendingOut } from "../api/types";
import { Button } from "../parts/parts";
import { note } from "../state/notes";
import { now } from "../state/site";
import { length } from "../words/amounts";
import { say } from "../words/words";
import { Confirm } from "./confirm";
import { momentWords } from "./locks";
import { ruleWords, scopeWords } from "./ruleform";

interface PendingProps {
  readonly pending: readonly PendingOut[];
  readonly groups: readonly GroupOut[];
  readonly onChanged: () => void;
}

export function PendingList({ pending, groups, onChanged }: PendingProps) {
  const [cancelling, setCancelling] = useState<PendingOut | undefined>(undefined);
  if (pending.length === 0) return null;
  return (
    <section class="pending" data-testid="pending">
      <h2>{say("rule.pending")}</h2>
      <ul>
        {pending.map((change) => (
          <li key={change.id} data-change={change.id}>
            <p>
              <b>{scopeWords(change.scope, change.owner_id, groups)}</b>: {ruleWords(change.policy)}
              <small class="cause">
                {say("rule.from", { time: momentWords(change.effective), left: length(Math.max(0, change.effective - now())) })} ·{" "}
                {say("lock.by", { by: change.made_by, time: momentWords(change.made) })}
                {change.reason !== "" && ` · ${change.reason}`}
              </small>
            </p>
            <Button label={say("rule.cancel")} testid={`cancel-${change.id}`} onClick={() => setCancelling(change)} />
          </li>
        ))}
      </ul>
      {cancelling !== undefined && (
        <Confirm
          title={say("rule.cancelTitle")}
          text={say("rule.cancelText")}
          label={say("rule.cancel")}
          onClose={() => setCancelling(undefined)}
          act={async () => {
            await client.cancelChange(cancelling.id);
            note(() => say("rule.cancelled"), "good");
            onChanged();
          }}
        />
      )}
    </section>
  );
}
