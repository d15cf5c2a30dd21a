/** Every stream and every node on one sheet, worst first. */

import { useEffect } from "preact/hooks";

import { client } from "../api/client";
import type { Camera, StreamState } from "../api/types";
import { StatusWord, Tab } from "../parts/parts";
import { streamStatus, worstFirst } from "../pure/status";
import { SECOND } from "../pure/walltime";
import { screen } from "../state/route";
import { administrator, cameras, nodes, siteTime, stateList, timed } from "../state/site";
import { bitrate, codecName, length, number } from "../words/amounts";
import { causeWords, nodeProblems } from "../words/problems";
import { language, say, sayCode } from "../words/words";
import { ArchiveHealth } from "./archivehealth";
import { CompletenessSheet } from "./completeness";
import { useNow } from "./frame";

/** The server's own view is read again this often, beside what its events tell. */
const READ_MS = 10_000;

export function Health() {
  return (
    <section class="sheet" tabIndex={0} aria-label={say("health.title")} data-testid="health">
      <nav class="tabs" aria-label={say("health.sections")}>
        <Tab to="health" label={say("health.nowTab")} />
        <Tab to="health/completeness" label={say("complete.tab")} />
        {administrator.value && <Tab to="health/archive" label={say("archive.tab")} />}
      </nav>
      {screen.value === "health/completeness" ? <CompletenessSheet /> : screen.value === "health/archive" ? <ArchiveHealth /> : <Now />}
    </section>
  );
}

function Now() {
  useEffect(() => {
    const read = () => void timed(client.health).then(takeNodes, () => undefined);
    read();
    const timer = setInterval(read, READ_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      <h1>{say("health.title")}</h1>
      <Streams />
      <Nodes />
    </>
  );
}

function takeNodes({ nodes: read }: Awaited<ReturnType<typeof client.health>>): void {
  if (read !== undefined) nodes.value = new Map(read.map((node) => [`${node.role}/${node.node}`, node]));
}

function Streams() {
  const byId = new Map((cameras.value ?? []).map((camera) => [camera.id, camera]));
  const states = stateList.value.filter(({ camera_id }) => byId.has(camera_id));
  const place = (state: StreamState) => byId.get(state.camera_id)!.number * 2 + (state.role === "sub" ? 1 : 0);
  const sorted = worstFirst(states.sort((a, b) => place(a) - place(b)), streamStatus);
  const bad = states.filter((state) => streamStatus(state).tone === "bad").length;
  if (states.length === 0) return <p class="muted">{say("health.none")}</p>;
  return (
    <>
      <p class="lead">
        {bad === 0
          ? say("health.allWell", { count: states.length })
          : say("health.someBad", { bad, count: states.length })}
      </p>
      <div class="table-place">
        <table class="table">
          <caption class="unseen">{say("health.streams")}</caption>
          <thead>
            <tr>
              <th class="num">{say("camera.number")}</th>
              <th>{say("health.camera")}</th>
              <th>{say("health.stream")}</th>
              <th>{say("health.state")}</th>
              <th>{say("health.since")}</th>
              <th class="num">{say("health.bitrate")}</th>
              <th class="num">{say("health.fps")}</th>
              <th>{say("health.codec")}</th>
              <th>{say("health.picture")}</th>
            </tr>
          </thead>
          <tbody>
            {sorted.map((state) => (
              <StreamRow key={state.stream_id} state={state} camera={byId.get(state.camera_id)!} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function StreamRow({ state, camera }: { state: StreamState; camera: Camera }) {
  const wall = useNow();
  const status = streamStatus(state);
  const time = siteTime.value;
  const moment = (at: number) => time.moment(at, wall, language.value);
  return (
    <tr data-camera={camera.id} data-tone={status.tone}>
      <td class="num">{camera.number}</td>
      <th scope="row">{camera.name}</th>
      <td>{say(state.role === "main" ? "health.main" : "health.sub")}</td>
      <td>
        <StatusWord status={status} />
        {status.tone !== "good" && state.cause !== null && (
          <small class="cause" title={state.detail}>
            {causeWords(state.cause)}
          </small>
        )}
      </td>
      <td class="time">{moment(state.since)}</td>
      <td class="num">{state.bitrate > 0 ? bitrate(state.bitrate) : "–"}</td>
      <td class="num">{state.fps > 0 ? number(state.fps, 1) : "–"}</td>
      <td class="time">{state.codec === "" ? "–" : `${codecName(state.codec)} ${state.width}×${state.height}`}</td>
      <td class="time">{state.last_picture === null ? "–" : ago(wall - state.last_picture)}</td>
    </tr>
  );
}

function ago(micros: number): string {
  // States come every two seconds: a younger picture is simply new.
  if (micros < 5 * SECOND) return say("health.agoNow");
  return say("health.ago", { length: length(Math.floor(micros / SECOND) * SECOND) });
}

function Nodes() {
  const time = siteTime.value;
  const wall = useNow();
  const moment = (at: number) => time.moment(at, wall, language.value);
  const all = [...nodes.value.values()];
  if (all.length === 0) return null;
  const troubled = (problems: number, lost: boolean | undefined) => (lost || problems > 0 ? 0 : 1);
  all.sort((a, b) => troubled(a.problems.length, a.lost) - troubled(b.problems.length, b.lost));
  return (
    <>
      <h2>{say("health.nodes")}</h2>
      <div class="table-place">
        <table class="table">
          <thead>
            <tr>
              <th>{say("health.role")}</th>
              <th>{say("health.node")}</th>
              <th>{say("health.state")}</th>
              <th>{say("health.problems")}</th>
            </tr>
          </thead>
          <tbody>
            {all.map((state) => {
              const lines = nodeProblems(state, moment);
              const tone = lines.length > 0 ? "bad" : "good";
              const word = state.lost ? "health.lost" : lines.length > 0 ? "condition.trouble" : "health.ok";
              return (
                <tr key={`${state.role}/${state.node}`}>
                  <th scope="row">{sayCode("health.role", state.role, "health.node")}</th>
                  <td>{state.node}</td>
                  <td>
                    <span class={`status ${tone}`}>
                      <span class={`dot ${tone}`} aria-hidden="true" />
                      {say(word)}
                    </span>
                  </td>
                  <td>
                    {lines.map((line) => (
                      <p key={line}>{line}</p>
                    ))}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
}
