/** No camera yet: teach how to add the first one, step two of the first start. */

import { Button } from "../parts/parts";
import { go } from "../state/route";
import { administrator } from "../state/site";
import { say } from "../words/words";
import { addingCamera } from "./cameras";

const EXAMPLE = "rtsp://192.168.1.64:554/stream1";

export function Empty() {
  const admin = administrator.value;
  return (
    <section class="empty" data-testid="empty">
      {admin && (
        <ol class="steps">
          <li class="done">{say("setup.step1")}</li>
          <li aria-current="step">{say("setup.step2")}</li>
          <li>{say("setup.step3")}</li>
        </ol>
      )}
      <h1>{say("empty.title")}</h1>
      <p class="lead">{admin ? say("empty.admin", { example: EXAMPLE }) : say("empty.viewer")}</p>
      {admin && (
        <Button
          kind="main"
          icon="plus"
          label={say("empty.add")}
          onClick={() => {
            addingCamera.value = true;
            go("admin/cameras");
          }}
        />
      )}
    </section>
  );
}
