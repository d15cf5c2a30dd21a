/** Which screen a person sees: opening, first start, sign-in, or the frame with its screens. */

import { Frame } from "./screens/frame";
import { Opening, SignIn } from "./screens/signin";
import { FirstStart } from "./screens/setup";
import { phase } from "./state/site";

export function App() {
  switch (phase.value) {
    case "opening":
    case "lost":
      return <Opening />;
    case "setup":
      return <FirstStart />;
    case "signed-out":
      return <SignIn />;
    case "signed-in":
      return <Frame />;
  }
}
