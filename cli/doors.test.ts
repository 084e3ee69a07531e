import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Served } from "../shared/contracts/door.fixture.js";
import { gatewayContract } from "../shared/contracts/gateway.contract.js";
import { sessionsContract } from "../shared/contracts/sessions.contract.js";
import { OctofleetProcess } from "./cli.fixture.js";

const TOKENS = { alice: "token-of-alice", bob: "token-of-bob" };
const ADMIN_KEY = "key-of-the-admin";

/** A whole cell as people start it, seen through one of its doors. */
async function serve(door: "master" | "proxy-2"): Promise<Served> {
  const directory = await mkdtemp(join(tmpdir(), "octofleet-doors-"));
  const cell = new OctofleetProcess(["start", "--port", "0", "--data", directory], {
    OCTOFLEET_STATIC_TOKENS: `alice:${TOKENS.alice},bob:${TOKENS.bob}`,
    OCTOFLEET_ADMIN_KEY: ADMIN_KEY,
  });
  const [, url] = await cell.said(new RegExp(`^ +${door} +(http://[0-9.:]+)`, "m"));
  await cell.said(/Ctrl-C/);
  const stop = async (): Promise<void> => {
    cell.signal("SIGINT");
    await cell.ended;
    await rm(directory, { recursive: true, force: true });
  };
  return { url: url as string, tokens: TOKENS, adminKey: ADMIN_KEY, stop };
}

for (const door of ["master", "proxy-2"] as const) {
  gatewayContract(`at the ${door} of a cell`, () => serve(door));
  sessionsContract(`at the ${door} of a cell`, () => serve(door));
}
