/** How long video is kept: the rules, what waits to become one, and what holds for each camera and why. */

import { useState } from "preact/hooks";

import { client } from "../api/client";
import type { ForecastOut, GroupOut, RetentionOut, ScopeOut } from "../api/types";
import { Button, Notice } from "../parts/parts";
import { useReading } from "../parts/reading";
import { errorWords } from "../words/problems";
import { length } from "../words/amounts";
import { say } from "../words/words";
import { EffectiveTable } from "./effective";
import { PendingList } from "./pending";
import { ruleWords, RuleForm, scopeWords } from "./ruleform";
import { StoreFill } from "./storefill";

interface Read {
  readonly retention: RetentionOut;
  readonly groups: readonly GroupOut[];
  /** Counting takes longer, and may fail, without taking the rules away. */
  readonly forecast: ForecastOut | undefined;
}

async function read(): Promise<Read> {
  const [retention, groups, forecast] = await Promise.all([client.retention(), client.groups(), client.forecast().catch(() => undefined)]);
  return { retention, groups, forecast };
}

export function Retention() {
  const { value, error, again } = useReading(read);
  const [form, setForm] = useState<{ rule: ScopeOut | undefined } | undefined>(undefined);
  return (
    <>
      <div class="sheet-bar">
        <h1>{say("rule.tab")}</h1>
        <Button kind="main" icon="plus" label={say("rule.add")} testid="add-rule" onClick={() => setForm({ rule: undefined })} />
      </div>
      {value !== undefined && <p class="lead">{say("rule.lead", { delay: length(value.retention.delay) })}</p>}
      {error !== undefined && <Notice tone="bad">{errorWords(error)}</Notice>}
      {value === undefined && error === undefined && <p class="muted">{say("app.loading")}</p>}
      {value !== undefined && (
        <>
          {value.forecast !== undefined && <StoreFill store={value.forecast.store} minimum={value.forecast.minimum_bytes} />}
          <PendingList pending={value.retention.pending} groups={value.groups} onChanged={again} />
          <Rules read={value} onEdit={(rule) => setForm({ rule })} />
          <EffectiveTable effective={value.retention.cameras} forecast={value.forecast} groups={value.groups} />
          {form !== undefined && (
            <RuleForm rule={form.rule} known={value.retention} groups={value.groups} onClose={() => setForm(undefined)} onSaved={again} />
          )}
        </>
      )}
    </>
  );
}

/** The site's own rule can be made even while it says nothing. */
const SITE: ScopeOut = { scope: "site", owner_id: 0, policy: {} };

function Rules({ read: { retention, groups }, onEdit }: { read: Read; onEdit: (rule: ScopeOut) => void }) {
  const said = retention.scopes;
  const rules = said.some(({ scope }) => scope === "site") ? said : [SITE, ...said];
  return (
    <>
      <h2>{say("rule.rules")}</h2>
      <div class="table-place">
        <table class="table" data-testid="rules">
          <caption class="unseen">{say("rule.rules")}</caption>
          <thead>
            <tr>
              <th>{say("rule.scope")}</th>
              <th>{say("rule.rule")}</th>
              <th>
                <span class="unseen">{say("admin.actions")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rules.map((rule) => (
              <tr key={`${rule.scope}-${rule.owner_id}`} data-scope={rule.scope} data-owner={rule.owner_id}>
                <th scope="row">{scopeWords(rule.scope, rule.owner_id, groups)}</th>
                <td>{ruleWords(rule.policy)}</td>
                <td class="row-actions">
                  <Button bare icon="edit" label={`${say("admin.edit")}: ${scopeWords(rule.scope, rule.owner_id, groups)}`} onClick={() => onEdit(rule)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
