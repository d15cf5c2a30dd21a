/** The frame around every screen: the rail, the line at the top, problems, notes. */

import { useEffect, useState } from "preact/hooks";
import { computed, signal } from "@preact/signals";

import { Button, Icon } from "../parts/parts";
import type { IconName } from "../parts/icons";
import { dismiss, notes } from "../state/notes";
import { screen, type Screen } from "../state/route";
import { administrator, nodes, now, offline, signOut, site, siteTime, user } from "../state/site";
import { nodeProblems } from "../words/problems";
import { language, say } from "../words/words";
import { Admin } from "./admin";
import { Evidence } from "./evidence";
import { Health } from "./health";
import { Help } from "./help";
import { Live } from "./live";
import { LanguageButton, ThemeButton } from "./signin";
import { openDesk, WallBar } from "./wallbar";

export const helpShown = signal(false);

export function Frame() {
  return (
    <div class="frame">
      <a class="skip" href="#content" onClick={skip}>
        {say("app.skip")}
      </a>
      <Rail />
      <Top />
      <main id="content" tabIndex={-1} class="content">
        <Problems />
        <Open />
      </main>
      <Notes />
      {helpShown.value && <Help onClose={() => (helpShown.value = false)} />}
    </div>
  );
}

/** The address is the screen, so the skip link only moves the focus. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function Open() {
  if (screen.value === "live") return <Live />;
  if (screen.value.startsWith("evidence")) return <Evidence />;
  return screen.value.startsWith("health") ? <Health /> : <Admin />;
}

function Rail() {
  return (
    <nav class="rail" aria-label={say("rail.label")}>
      <RailLink to="live" icon="eye" label={say("rail.live")} />
      <RailLink to="evidence" icon="lock" label={say("rail.evidence")} />
      <RailLink to="health" icon="pulse" label={say("rail.health")} />
      {administrator.value && <RailLink to="admin/cameras" icon="gear" label={say("rail.admin")} />}
    </nav>
  );
}

function RailLink({ to, icon, label }: { to: Screen; icon: IconName; label: string }) {
  const here = screen.value.split("/")[0] === to.split("/")[0];
  return (
    <a href={`#/${to}`} class={here ? "rail-link here" : "rail-link"} aria-current={here ? "page" : undefined}>
      <Icon name={icon} />
      <span>{label}</span>
    </a>
  );
}

function Top() {
  return (
    <header class="top">
      <strong class="top-site">{site.value?.name ?? say("app.name")}</strong>
      {openDesk.value !== undefined && <WallBar desk={openDesk.value} />}
      <SiteClock />
      <span class="top-user" title={say(`role.${user.value?.role ?? "viewer"}`)}>
        <Icon name="users" />
        <span>{user.value?.name}</span>
      </span>
      <LanguageButton />
      <ThemeButton />
      <Button bare kind="plain" icon="help" label={say("top.help")} keys="?" onClick={() => (helpShown.value = true)} />
      <Button bare kind="plain" icon="leave" label={say("top.signOut")} testid="sign-out" onClick={() => void signOut()} />
    </header>
  );
}

function SiteClock() {
  const wall = useNow();
  const time = siteTime.value;
  return (
    <p class="site-clock" title={say("top.clock")}>
      <span class="site-date">{time.date(wall, language.value)}</span>
      <time class="site-time">{time.clock(wall)}</time>
      <abbr title={time.zone}>{time.zoneName(wall)}</abbr>
    </p>
  );
}

/** The server's time, anew at every full second. */
export function useNow(): number {
  const [wall, setWall] = useState(now());
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const tick = () => {
      const at = now();
      setWall(at);
      timer = setTimeout(tick, 1_005 - (at / 1_000) % 1_000);
    };
    tick();
    return () => clearTimeout(timer);
  }, []);
  return wall;
}

const problems = computed(() => {
  const time = siteTime.value;
  const moment = (wall: number) => time.moment(wall, now(), language.value);
  return [...nodes.value.values()].flatMap((state) => nodeProblems(state, moment));
});

function Problems() {
  const lines = offline.value ? [say("problem.offline")] : problems.value;
  return (
    <section class="problems" role="alert" aria-label={say("problem.label")} hidden={lines.length === 0} data-testid="problems">
      {lines.map((line) => (
        <p key={line}>
          <Icon name="warning" />
          <span>{line}</span>
        </p>
      ))}
    </section>
  );
}

function Notes() {
  return (
    <div class="notes" role="status" aria-live="polite">
      {notes.value.map(({ id, tone, text }) => (
        <button type="button" key={id} class={`note ${tone}`} onClick={() => dismiss(id)}>
          {text()}
        </button>
      ))}
    </div>
  );
}

