/** What a rule would delete, in words and camera by camera, before it is saved. */

import type { DryRunOut } from "../api/types";
import { Notice } from "../parts/parts";
import { number, size } from "../words/amounts";
import { say } from "../words/words";
import { cameraName, momentWords } from "./locks";

export function DryRun({ tried }: { tried: DryRunOut }) {
  const { segments, oldest, newest, locked_size } = tried;
  const touched = tried.cameras.filter((each) => each.segments > 0).sort((a, b) => b.size - a.size);
  return (
    <div data-testid="dry-run" data-size={tried.size}>
      <Notice tone={segments === 0 ? "good" : "bad"}>
        {segments === 0
          ? say("dry.nothing")
          : say("dry.some", { size: size(tried.size), segments: number(segments, 0), cameras: touched.length, oldest: momentWords(oldest ?? 0), newest: momentWords(newest ?? 0) })}
        {locked_size > 0 && ` ${say("dry.locked", { size: size(locked_size) })}`}
      </Notice>
      {touched.length > 0 && (
        <ul class="gaps" tabIndex={0} aria-label={say("dry.cameras")}>
          {touched.map((each) => (
            <li key={each.camera_id}>
              {cameraName(each.camera_id)}
              <span>{size(each.size)}</span>
              <span class="muted">{say("dry.from", { time: momentWords(each.oldest ?? 0) })}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
