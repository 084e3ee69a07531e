import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Pool } from "undici";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Child, startChild, whileAlive } from "../cluster/child.js";
import { freePorts } from "../cluster/free-port.js";
import { eventually } from "../cluster/within.js";

const LIVES = 100;
const WRITERS = 8;
const KILL_WITHIN_MS = 120;
const CLI = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const HEADERS = { authorization: "Bearer kill-nine", "content-type": "application/json" };

/** A write that was answered. */
interface Acknowledged {
  readonly name: string;
  readonly fencingToken: number;
}

let directory: string;
let url: string;
let ports: readonly string[];
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "octofleet-kill-nine-"));
  const port = await freePorts(2);
  ports = ["--port", `${port}`, "--link-port", `${port + 1}`];
  url = `http://127.0.0.1:${port}`;
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function startMaster(): Promise<Child> {
  const child = await startChild("master", process.execPath, [CLI, "master", ...ports, "--data", directory], {
    env: {
      PATH: process.env.PATH,
      OCTOFLEET_STATIC_TOKENS: "writer:kill-nine",
      OCTOFLEET_LOCKS_PER_PRINCIPAL: "1000000",
      OCTOFLEET_LOG_LEVEL: "warn",
    },
  });
  const ready = eventually(30_000, async () => ((await fetchReady()) ? true : undefined), "the master did not serve");
  await whileAlive(child, ready);
  return child;
}

const fetchReady = (): Promise<boolean> =>
  fetch(`${url}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );

/** Acquires locks that nobody had, one after the other, until the master is gone. */
async function write(pool: Pool, label: string, acknowledged: Acknowledged[]): Promise<void> {
  for (let i = 0; ; i++) {
    const name = `${label}/${i}`;
    const body = JSON.stringify({ ttl_seconds: 3_600, metadata: name });
    try {
      const answer = await pool.request({ method: "POST", path: `/locks/${name}/acquire`, headers: HEADERS, body });
      const said = (await answer.body.json()) as { status?: string; fencing_token: number };
      if (said.status !== "acquired") return;
      acknowledged.push({ name, fencingToken: said.fencing_token });
    } catch {
      return;
    }
  }
}

/** The acknowledged writes that are not there. */
async function missing(pool: Pool, acknowledged: readonly Acknowledged[]): Promise<Acknowledged[]> {
  const found = await Promise.all(
    acknowledged.map(async ({ name, fencingToken }) => {
      const answer = await pool.request({ method: "GET", path: `/locks/${name}`, headers: HEADERS });
      const lock = (await answer.body.json()) as { fencing_token: number; metadata: string };
      return lock.fencing_token === fencingToken && lock.metadata === name;
    }),
  );
  return acknowledged.filter((_, i) => found[i] !== true);
}

it(`P4 Nothing acknowledged is lost, P2 Fencing: ${LIVES} masters killed by SIGKILL under load`, async () => {
  let before: Acknowledged[] = [];
  let newestToken = 0;
  let total = 0;
  for (let life = 0; life < LIVES; life++) {
    const master = await startMaster();
    const pool = new Pool(url, { connections: WRITERS });
    expect(await missing(pool, before)).toEqual([]);
    const acknowledged: Acknowledged[] = [];
    const writers = Array.from({ length: WRITERS }, (_, i) => write(pool, `${life}/${i}`, acknowledged));
    await new Promise((resolve) => setTimeout(resolve, randomInt(KILL_WITHIN_MS)));
    master.process.kill("SIGKILL");
    await Promise.all([...writers, master.gone]);
    await pool.destroy();
    for (const { fencingToken } of acknowledged) expect(fencingToken).toBeGreaterThan(newestToken);
    newestToken = Math.max(newestToken, ...acknowledged.map(({ fencingToken }) => fencingToken));
    total += acknowledged.length;
    before = acknowledged;
  }
  expect(total).toBeGreaterThan(LIVES);
}, 300_000);
