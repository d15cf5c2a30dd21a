/** Evidence: what must not go, and what was marked. */

import { Tab } from "../parts/parts";
import { screen } from "../state/route";
import { say } from "../words/words";
import { Bookmarks } from "./bookmarks";
import { Locks } from "./locks";

export function Evidence() {
  return (
    <section class="sheet" tabIndex={0} aria-label={say("rail.evidence")} data-testid="evidence">
      <nav class="tabs" aria-label={say("evidence.sections")}>
        <Tab to="evidence" label={say("lock.tab")} />
        <Tab to="evidence/bookmarks" label={say("bookmark.tab")} />
      </nav>
      {screen.value === "evidence/bookmarks" ? <Bookmarks /> : <Locks />}
    </section>
  );
}
