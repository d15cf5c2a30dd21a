/** A retention rule: what would be deleted is shown before it can be saved. */

import { useState } from "preact/hooks";

import { client } from "../api/client";
import type { DryRunOut, GroupOut, RetentionFields, RetentionOut, Scope, ScopeOut } from "../api/types";
import { Dialog, Field, FieldError, Form, Select, Submit } from "../parts/form";
import { Button, Notice } from "../parts/parts";
import { useSaving } from "../parts/saving";
import { checkRule, retentionIn, ruleDraft, SITE_OWNER, type RuleDraft } from "../pure/ruledraft";
import { note } from "../state/notes";
import { cameras } from "../state/site";
import { length, size } from "../words/amounts";
import { errorWords, fieldWords } from "../words/problems";
import { say } from "../words/words";
import { DryRun } from "./dryrun";
import { cameraName, momentWords } from "./locks";

interface RuleFormProps {
  readonly rule: ScopeOut | undefined;
  readonly known: RetentionOut;
  readonly groups: readonly GroupOut[];
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

const FIELDS = ["max_days", "min_days", "quota_bytes", "event_days", "owner_id", "reason"];

export function RuleForm({ rule, known, groups, onClose, onSaved }: RuleFormProps) {
  const [draft, setDraft] = useState<RuleDraft>(() => ruleDraft(rule));
  const [tried, setTried] = useState<DryRunOut | undefined>(undefined);
  const change = (part: Partial<RuleDraft>) => {
    setDraft({ ...draft, ...part });
    // Another reason deletes nothing else; anything else has to be tried anew.
    if (!("reason" in part)) setTried(undefined);
  };
  const trying = useSaving(FIELDS, async () => setTried(await client.dryRun(retentionIn(draft))));
  const saving = useSaving(FIELDS, async () => {
    const { pending } = await client.setRetention(retentionIn(draft));
    note(() => (pending === null ? say("rule.saved") : say("rule.savedLater", { time: momentWords(pending.effective) })), "good");
    onSaved();
    onClose();
  });
  const wrong = { ...trying.wrong, ...saving.wrong };
  const error = saving.error ?? trying.error;
  const busy = saving.busy || (trying.busy && tried === undefined);
  const submit = () => (tried === undefined ? trying : saving).run(checkRule(draft));
  return (
    <Dialog title={rule === undefined ? say("rule.add") : say("rule.edit", { scope: scopeWords(rule.scope, rule.owner_id, groups) })} onClose={onClose} wide testid="rule-form">
      <Form onSubmit={submit}>
        {rule === undefined && <Whose draft={draft} change={change} groups={groups} scopes={known.scopes} wrong={wrong} />}
        <Limits draft={draft} change={change} wrong={wrong} />
        <Field name="reason" label={say("rule.reason")} value={draft.reason} onInput={(reason) => change({ reason })} error={fieldWords(wrong["reason"])} optional />
        {error !== undefined && <Notice tone="bad">{errorWords(error)}</Notice>}
        {tried !== undefined && <DryRun tried={tried} />}
        <p class="muted">{say("rule.delay", { delay: length(known.delay) })}</p>
        <div class="dialog-foot">
          <Button label={say("admin.cancel")} onClick={onClose} />
          <Submit label={say(saving.busy ? "admin.saving" : tried === undefined ? "rule.try" : "admin.save")} busy={busy} testid={tried === undefined ? "try-rule" : "save-rule"} />
        </div>
      </Form>
    </Dialog>
  );
}

interface PartProps {
  readonly draft: RuleDraft;
  readonly change: (part: Partial<RuleDraft>) => void;
  readonly wrong: Readonly<Record<string, string>>;
}

const SCOPES = ["site", "group", "camera"] as const;

interface WhoseProps extends PartProps {
  readonly groups: readonly GroupOut[];
  readonly scopes: readonly ScopeOut[];
}

function Whose({ draft, change, groups, scopes, wrong }: WhoseProps) {
  const owners: (readonly [string, string])[] =
    draft.scope === "group"
      ? groups.map(({ id, name }) => [String(id), name] as const)
      : (cameras.value ?? []).map(({ id, number, name }) => [String(id), `${number} · ${name}`] as const);
  // A rule is sent whole: what its owner said already stands in the form and is not lost unseen.
  const choose = (scope: Scope, owner: string) => {
    const said = scopes.find((each) => each.scope === scope && String(each.owner_id) === owner);
    change(said === undefined ? { scope, owner } : { ...ruleDraft(said), reason: draft.reason });
  };
  return (
    <div class="fields">
      <Select name="scope" label={say("rule.scope")} value={draft.scope} options={SCOPES.map((each) => [each, say(`rule.scope.${each}`)] as const)} onInput={(scope) => choose(scope, scope === "site" ? SITE_OWNER : "")} hint={say("rule.scopeHint")} />
      {draft.scope !== "site" && (
        <div>
          <Select
            name="owner_id"
            label={say("rule.owner")}
            value={draft.owner}
            options={[["", say("rule.choose")] as const, ...owners]}
            onInput={(owner) => choose(draft.scope, owner)}
          />
          <FieldError words={fieldWords(wrong["owner_id"])} />
        </div>
      )}
    </div>
  );
}

function Limits({ draft, change, wrong }: PartProps) {
  const error = (field: string) => fieldWords(wrong[field]);
  return (
    <div class="fields">
      <Field name="max_days" type="number" label={say("rule.maxDays")} value={draft.max_days} onInput={(max_days) => change({ max_days })} hint={say("rule.maxHint")} error={error("max_days")} autofocus optional />
      <Field name="min_days" type="number" label={say("rule.minDays")} value={draft.min_days} onInput={(min_days) => change({ min_days })} hint={say("rule.minHint")} error={error("min_days")} optional />
      <Field name="quota_bytes" label={say("rule.quota")} value={draft.quota} onInput={(quota) => change({ quota })} hint={say("rule.quotaHint")} error={error("quota_bytes")} optional />
      <Field name="event_days" type="number" label={say("rule.eventDays")} value={draft.event_days} onInput={(event_days) => change({ event_days })} hint={say("rule.eventHint")} error={error("event_days")} optional />
    </div>
  );
}

/** `the site`, `group Harbour`, `camera 3 · Gate`. */
export function scopeWords(scope: Scope, owner: number, groups: readonly GroupOut[]): string {
  if (scope === "site") return say("rule.scope.site");
  if (scope === "camera") return say("rule.ofCamera", { name: cameraName(owner) });
  return say("rule.ofGroup", { name: groups.find(({ id }) => id === owner)?.name ?? String(owner) });
}

/** What a rule says, in one line. */
export function ruleWords({ max_days, min_days, quota_bytes, event_days }: RetentionFields): string {
  const parts = [
    max_days != null && say("rule.most", { count: max_days }),
    min_days != null && min_days > 0 && say("rule.least", { count: min_days }),
    quota_bytes != null && say("rule.quotaOf", { size: size(quota_bytes) }),
    event_days != null && say("rule.events", { count: event_days }),
  ].filter((part) => part !== false);
  return parts.length === 0 ? say("rule.nothing") : parts.join(" · ");
}
