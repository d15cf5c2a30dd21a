/** What was deleted: each with the rule that let it go, and a root that proves what it was. */

import { useEffect, useState } from "preact/hooks";

import { client } from "../api/client";
import type { GroupOut, ReceiptOut } from "../api/types";
import { Button, Notice } from "../parts/parts";
import { useReading } from "../parts/reading";
import { parseWhy } from "../pure/why";
import { number, size } from "../words/amounts";
import { errorWords } from "../words/problems";
import { say } from "../words/words";
import { cameraName, momentWords } from "./locks";
import { ruleWords, scopeWords } from "./ruleform";

/** What `client.receipts` asks for at once. */
const PAGE = 50;

export function Receipts() {
  const [receipts, setReceipts] = useState<readonly ReceiptOut[] | undefined>(undefined);
  const [whole, setWhole] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const groups = useReading(client.groups);
  const more = async () => {
    try {
      const page = await client.receipts(receipts?.at(-1)?.id);
      setReceipts([...(receipts ?? []), ...page]);
      setWhole(page.length < PAGE);
      setError(undefined);
    } catch (failure) {
      setError(failure);
    }
  };
  useEffect(() => void more(), []);
  return (
    <>
      <h1>{say("receipt.tab")}</h1>
      <p class="lead">{say("receipt.lead")}</p>
      {error !== undefined && <Notice tone="bad">{errorWords(error)}</Notice>}
      {receipts === undefined && error === undefined && <p class="muted">{say("app.loading")}</p>}
      {receipts?.length === 0 && <p class="muted">{say("receipt.none")}</p>}
      {receipts !== undefined && receipts.length > 0 && <ReceiptTable receipts={receipts} groups={groups.value ?? []} />}
      {receipts !== undefined && !whole && receipts.length > 0 && (
        <div>
          <Button label={say("receipt.more")} testid="more-receipts" onClick={() => void more()} />
        </div>
      )}
    </>
  );
}

function ReceiptTable({ receipts, groups }: { receipts: readonly ReceiptOut[]; groups: readonly GroupOut[] }) {
  return (
    <div class="table-place" role="region" tabIndex={0} aria-label={say("receipt.tab")}>
      <table class="table" data-testid="receipts">
        <caption class="unseen">{say("receipt.tab")}</caption>
        <thead>
          <tr>
            <th class="num">{say("camera.number")}</th>
            <th>{say("receipt.at")}</th>
            <th>{say("health.camera")}</th>
            <th>{say("receipt.video")}</th>
            <th>{say("receipt.why")}</th>
            <th class="num">{say("receipt.segments")}</th>
            <th class="num">{say("rule.size")}</th>
            <th>{say("receipt.root")}</th>
          </tr>
        </thead>
        <tbody>
          {receipts.map((each) => (
            <tr key={each.id} data-receipt={each.id}>
              <td class="num">{each.id}</td>
              <td class="time">{momentWords(each.at)}</td>
              <th scope="row">{cameraName(each.camera_id)}</th>
              <td class="time">
                {momentWords(each.start)} – {momentWords(each.end)}
              </td>
              <td class="why">{whyWords(each.why, groups)}</td>
              <td class="num">{number(each.segments, 0)}</td>
              <td class="num">{size(each.size)}</td>
              <td class="root">
                <code>{each.merkle_root}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The rule in words, and whose it is; what is no rule stays as the program noted it. */
function whyWords(text: string, groups: readonly GroupOut[]): string {
  const why = parseWhy(text);
  if (why === undefined) return text;
  const who = why.scope === null ? say("rule.builtIn") : scopeWords(why.scope, why.owner, groups);
  return say("receipt.rule", { rule: ruleWords({ [why.field]: why.value }), who });
}
