/** Administration: cameras, their groups, users, and how long video is kept. */

import { Tab } from "../parts/parts";
import { screen } from "../state/route";
import { administrator } from "../state/site";
import { say } from "../words/words";
import { Cameras } from "./cameras";
import { Groups } from "./groups";
import { Receipts } from "./receipts";
import { Retention } from "./retention";
import { Users } from "./users";

export function Admin() {
  if (!administrator.value) return <p class="wait">{say("admin.forbidden")}</p>;
  return (
    <section class="sheet" tabIndex={0} aria-label={say("rail.admin")} data-testid="admin">
      <nav class="tabs" aria-label={say("admin.sections")}>
        <Tab to="admin/cameras" label={say("admin.cameras")} />
        <Tab to="admin/groups" label={say("group.tab")} />
        <Tab to="admin/users" label={say("admin.users")} />
        <Tab to="admin/retention" label={say("rule.tab")} />
        <Tab to="admin/receipts" label={say("receipt.tab")} />
      </nav>
      <Part />
    </section>
  );
}

function Part() {
  switch (screen.value) {
    case "admin/users":
      return <Users />;
    case "admin/groups":
      return <Groups />;
    case "admin/retention":
      return <Retention />;
    case "admin/receipts":
      return <Receipts />;
    default:
      return <Cameras />;
  }
}
