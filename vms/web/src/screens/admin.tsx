/** Administration: cameras and users. */

import { Tab } from "../parts/parts";
import { screen } from "../state/route";
import { administrator } from "../state/site";
import { say } from "../words/words";
import { Cameras } from "./cameras";
import { Users } from "./users";

export function Admin() {
  if (!administrator.value) return <p class="wait">{say("admin.forbidden")}</p>;
  return (
    <section class="sheet" tabIndex={0} aria-label={say("rail.admin")} data-testid="admin">
      <nav class="tabs" aria-label={say("admin.sections")}>
        <Tab to="admin/cameras" label={say("admin.cameras")} />
        <Tab to="admin/users" label={say("admin.users")} />
      </nav>
      {screen.value === "admin/users" ? <Users /> : <Cameras />}
    </section>
  );
}
