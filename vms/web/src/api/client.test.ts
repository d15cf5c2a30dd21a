import { expect, test } from "vitest";

import { ApiError, Client } from "./client";

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

function clientOf(status: number, body: unknown, headers: Record<string, string> = {}): { client: Client; sent: Sent[] } {
  const sent: Sent[] = [];
  const client = new Client(async (url, init) => {
    sent.push({ url: String(url), init: init ?? {} });
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return new Response(status === 204 ? null : text, { status, headers });
  });
  return { client, sent };
}

test("an answer that is a problem is thrown with its kind and fields", async () => {
  const { client } = clientOf(409, { kind: "conflict", detail: "taken", errors: [{ field: "number", message: "taken" }] });
  const error = await client.addCamera({ name: "x" }).catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ kind: "conflict", status: 409 });
  expect((error as ApiError).problem.errors).toEqual([{ field: "number", message: "taken" }]);
});

test("an answer that is no JSON is a problem all the same", async () => {
  const { client } = clientOf(502, "<html>");
  await expect(client.site()).rejects.toMatchObject({ status: 502, kind: "other" });
});

test("a server that does not answer is told apart from one that refuses", async () => {
  const client = new Client(() => Promise.reject(new TypeError("fetch failed")));
  await expect(client.site()).rejects.toMatchObject({ status: 0, kind: "network" });
});

test("an ended session is noticed, but not by the question who is signed in", async () => {
  const { client } = clientOf(401, { kind: "denied" });
  let ended = 0;
  client.onSignedOut = () => (ended += 1);
  await client.session().catch(() => undefined);
  await client.signIn("a", "b").catch(() => undefined);
  expect(ended).toBe(0);
  await client.cameras().catch(() => undefined);
  expect(ended).toBe(1);
});

test("an offer goes out as SDP and comes back with its place", async () => {
  const { client, sent } = clientOf(201, "v=0", { Location: "/whep/3/peer" });
  const answer = await client.whep(3, "sub", 1_795_000_000_000_000.2, "offer", new AbortController().signal);
  expect(answer).toEqual({ sdp: "v=0", location: "/whep/3/peer" });
  expect(sent[0]!.url).toBe("/whep/3?stream=sub&at=1795000000000000");
  expect(sent[0]!.init.body).toBe("offer");
});

test("a live offer names no moment", async () => {
  const { client, sent } = clientOf(201, "v=0");
  await client.whep(3, "main", undefined, "offer", new AbortController().signal);
  expect(sent[0]!.url).toBe("/whep/3?stream=main");
});

test("nothing to read is no error", async () => {
  const { client } = clientOf(204, "");
  await expect(client.signOut()).resolves.toBeUndefined();
});
