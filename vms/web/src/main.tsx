/** Where the page begins. */

import { render } from "preact";

import { App } from "./app";
import { openRoutes } from "./state/route";
import { openSettings } from "./state/settings";
import { openSite } from "./state/site";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/live.css";
import "./styles/forms.css";
import "./styles/archive.css";

// A page that comes back from the browser's cache has no sessions any more.
window.addEventListener("pageshow", ({ persisted }) => {
  if (persisted) location.reload();
});
openSettings();
openRoutes();
render(<App />, document.getElementById("app")!);
void openSite();
