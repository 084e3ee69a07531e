import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { Journal } from "../master/journal/journal.js";
import { openLevelStore } from "../master/journal/level-store.js";
import { forNobody } from "../master/journal/replay.js";
import { noBus } from "../shared/adapters/no-bus.js";
import { systemClock } from "../shared/adapters/system-clock.js";
import { silentLog } from "../shared/ports/log.js";
import { journalDirectory, runMaster } from "./run-master.js";

const COMMANDS = 700;

/** A journal of as many users. */
async function journalIn(data: string): Promise<void> {
  const { journal } = await Journal.open(await openLevelStore(journalDirectory(data)), silentLog, forNobody);
  const command = (at: number) => ({ kind: "setToken", hash: `hash-${at}`, principal: `user:${at}` });
  await journal.append(Array.from({ length: COMMANDS }, (_, at) => ({ timeMs: 0, wallMs: 0, command: command(at) })));
  await journal.close();
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

it("a master that is starting tells at its door how far it has come", async () => {
  const data = await mkdtemp(join(tmpdir(), "octofleet-starting-"));
  onTestFinished(() => rm(data, { recursive: true }));
  await journalIn(data);
  const port = await freePort();
  // The first turn of the start lasts for as long as the questions take.
  let told: unknown[] = [];
  vi.spyOn(systemClock, "afterTurn").mockImplementationOnce((fn) => {
    const asked = ["health", "readyz"].map(async (path) => (await fetch(`http://127.0.0.1:${port}/${path}`)).json());
    void Promise.all(asked).then((answers) => {
      told = answers;
      fn();
    });
  });
  onTestFinished(() => void vi.restoreAllMocks());
  const running = await runMaster({
    ...{ host: "127.0.0.1", port, linkPort: 0, data, tokens: [], secret: "secret", bus: noBus, log: silentLog },
    ...{ locksPerPrincipal: 100, graceMs: 45_000, drainMs: 0, socketsPerS: 100 },
  });
  onTestFinished(() => running.stop());
  const reason = `The master is starting: it has applied 256 of ${COMMANDS} commands since revision 0.`;
  expect(told).toMatchObject([
    { status: "starting", reason, storage: "wal" },
    { ready: false, reason, role: "master" },
  ]);
  const health = await fetch(`${running.url}/health`);
  expect(await health.json()).toMatchObject({ status: "ok", storage: "wal" });
});
