/** What the keys do and what the colours mean. */

import { Dialog } from "../parts/form";
import { Button, Dot } from "../parts/parts";
import { GAP_KINDS } from "../pure/gapkinds";
import { say, type MessageKey } from "../words/words";

const KEYS: readonly (readonly [readonly string[], MessageKey])[] = [
  [["key.space"], "help.space"],
  [["L"], "help.live"],
  [["R"], "help.replay"],
  [["[", "]"], "help.marks"],
  [["B"], "help.bookmark"],
  [["K"], "help.lock"],
  [["E"], "help.export"],
  [["Ctrl ←", "Ctrl →"], "help.skip"],
  [["C"], "help.calendar"],
  [["G"], "help.goto"],
  [["F"], "help.full"],
  [["help.digitsKeys"], "help.digits"],
  [["Enter"], "help.enlarge"],
  [["Esc"], "help.escape"],
  [["key.arrows"], "help.arrows"],
  [["PgUp", "PgDn"], "help.pages"],
  [["?"], "help.help"],
];

export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={say("help.title")} onClose={onClose} wide testid="help">
      <div class="help">
        <section>
          <h3>{say("help.keys")}</h3>
          <dl class="keys">
            {KEYS.map(([keys, meaning]) => (
              <div key={meaning}>
                <dt>
                  {keys.map((key) => (
                    <kbd key={key}>{keyName(key)}</kbd>
                  ))}
                </dt>
                <dd>{say(meaning)}</dd>
              </div>
            ))}
          </dl>
          <p class="muted">{say("help.wheel")}</p>
        </section>
        <section>
          <h3>{say("help.legend")}</h3>
          <ul class="legend">
            <Sample look="recorded" words="timeline.recorded" />
            <Sample look="activity" words="timeline.activity" />
            {GAP_KINDS.map((kind) => (
              <Sample key={kind} look={`gap ${kind}`} words={`timeline.gap.${kind}`} />
            ))}
            <Sample look="event" words="timeline.event" />
            <Sample look="bookmark" words="timeline.bookmarks" />
            <Sample look="lock" words="timeline.locks" />
            <Sample look="now" words="timeline.now" />
            <Sample look="playhead" words="timeline.playhead" />
            <Sample look="range" words="timeline.range" />
          </ul>
          <h3>{say("help.status")}</h3>
          <ul class="legend">
            {(["good", "busy", "bad", "off"] as const).map((tone) => (
              <li key={tone}>
                <span class="sample">
                  <Dot tone={tone} />
                </span>
                {say(TONES[tone])}
              </li>
            ))}
          </ul>
        </section>
      </div>
      <div class="dialog-foot">
        <Button kind="main" label={say("help.close")} onClick={onClose} />
      </div>
    </Dialog>
  );
}

const TONES = {
  good: "condition.recording",
  busy: "condition.connecting",
  bad: "condition.down",
  off: "condition.disabled",
} as const;

function keyName(key: string): string {
  return key === "key.space" || key === "key.arrows" || key === "help.digitsKeys" ? say(key) : key;
}

function Sample({ look, words }: { look: string; words: MessageKey }) {
  return (
    <li>
      <span class={`sample ${look}`} aria-hidden="true" />
      {say(words)}
    </li>
  );
}
