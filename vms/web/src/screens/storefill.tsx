/** How full the store is, how fast it fills, and until when there is room. */

import type { FillLevel, StoreFillOut } from "../api/types";
import { Dot } from "../parts/parts";
import { number, size } from "../words/amounts";
import { say } from "../words/words";

const TONES = { ok: "good", filling: "busy", high: "bad", full: "bad", unknown: "off" } as const satisfies Record<FillLevel, string>;

/** `minimum`: bytes that all minimums and locks need, where somebody counted them. */
export function StoreFill({ store, minimum }: { store: StoreFillOut; minimum?: number }) {
  const { fill, protected: kept, level, total, used, free, per_day, days_left } = store;
  const tone = TONES[level];
  return (
    <section class="fill" data-testid="store-fill" data-level={level}>
      <h2>{say("fill.title")}</h2>
      {kept !== null && <meter min={0} max={1} low={0.8} high={0.9} optimum={0} value={kept} aria-label={say("fill.title")} />}
      <p>
        <span class={`status ${tone}`}>
          <Dot tone={tone} />
          {kept === null ? say("fill.unknown") : say(`fill.${level}`, { percent: percent(kept) })}
        </span>
        <small class="cause">{say("fill.meaning")}</small>
      </p>
      {minimum !== undefined && minimum > 0 && <p>{say("rule.minimumBytes", { size: size(minimum) })}</p>}
      <dl class="facts">
        {fill !== null && <Fact name="fill.taken" value={say("unit.percent", { count: percent(fill) })} />}
        <Fact name="fill.used" value={size(used)} />
        {total !== null && <Fact name="fill.total" value={size(total)} />}
        {free !== null && <Fact name="fill.free" value={size(free)} />}
        <Fact name="fill.perDay" value={size(per_day)} />
        <Fact name="fill.left" value={days_left === null ? say("fill.never") : say("unit.days", { count: number(days_left, days_left < 10 ? 1 : 0) })} />
      </dl>
    </section>
  );
}

/** Rounded down: what is not full is never shown as full. */
function percent(share: number): string {
  return number(Math.floor(share * 1000) / 10, 1);
}

function Fact({ name, value }: { name: "fill.taken" | "fill.used" | "fill.total" | "fill.free" | "fill.perDay" | "fill.left"; value: string }) {
  return (
    <div>
      <dt>{say(name)}</dt>
      <dd>{value}</dd>
    </div>
  );
}
