/**
 * Finds a nats-server for the tests and the load test, without root and without starting anything.
 *
 * No npm package brings one. Debian and Ubuntu do, and `apt-get download` with `dpkg -x` needs no rights:
 * so where none is installed, the system's package is unpacked into the project's cache.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { capture } from "./child.mjs";
import { CACHE } from "./paths.mjs";
import { SetupError, say, withProgress } from "./say.mjs";
import { withSetupLock } from "./setup-lock.mjs";

const CACHED = join(CACHE, "nats-server", "nats-server");
const HOW_TO_GET_ONE = `no nats-server was found, and the tests and the load test need one. To get one:
  Debian, Ubuntu   apt-get install nats-server
  macOS            brew install nats-server
  with Go          go install github.com/nats-io/nats-server/v2@latest
or set OCTOFLEET_NATS_SERVER to the path of one that you have.`;

/**
 * The path of a nats-server that runs: OCTOFLEET_NATS_SERVER, else from PATH, else from the project's
 * cache, into which it is unpacked at need. Throws a SetupError that says how to get one.
 */
export async function findNatsServer() {
  const named = process.env.OCTOFLEET_NATS_SERVER;
  if (named) {
    if (await runs(named)) return named;
    throw new SetupError(`OCTOFLEET_NATS_SERVER is ${named}, and that does not run as a nats-server.`);
  }
  for (const candidate of [...onPath(), CACHED]) if (await runs(candidate)) return candidate;
  return withSetupLock(join(CACHE, "nats-server.lock"), async () => ((await runs(CACHED)) ? CACHED : unpack()));
}

const onPath = () =>
  [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"].filter(Boolean).map((dir) => join(dir, "nats-server"));

async function runs(path) {
  if (!existsSync(path)) return false;
  const { code, output } = await capture(path, ["--version"], { timeoutMs: 10_000 });
  return code === 0 && output.startsWith("nats-server");
}

async function unpack() {
  const work = mkdtempSync(join(tmpdir(), "octofleet-nats-"));
  try {
    return await withProgress("unpacking the system's nats-server package into .cache/nats-server", async () => {
      const package_ = await download(work);
      const unpacked = await capture("dpkg", ["-x", package_, join(work, "root")]);
      if (unpacked.code !== 0) throw new SetupError(HOW_TO_GET_ONE, unpacked.output);
      return await keep(work);
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Downloads the package with the system's lists; where these are empty, with lists of our own. */
async function download(work) {
  const first = await aptDownload(work, []);
  if (first.package) return first.package;
  if (first.code === 127) throw new SetupError(HOW_TO_GET_ONE);
  for (const name of ["lists/partial", "cache/archives/partial"]) mkdirSync(join(work, name), { recursive: true });
  const own = ["-o", `Dir::State::lists=${join(work, "lists")}`, "-o", `Dir::Cache=${join(work, "cache")}`];
  const update = await capture("apt-get", [...own, "-o", "APT::Sandbox::User=root", "update"], { cwd: work });
  const second = await aptDownload(work, own);
  if (second.package) return second.package;
  throw new SetupError(HOW_TO_GET_ONE, `${update.output}${second.output}`);
}

async function aptDownload(work, options) {
  const args = [...options, "-o", "APT::Sandbox::User=root", "download", "nats-server"];
  const { code, output } = await capture("apt-get", args, { cwd: work });
  const name = readdirSync(work).find((file) => file.endsWith(".deb"));
  return { code, output, package: code === 0 && name ? join(work, name) : undefined };
}

/** Puts the binary where it is looked for, in one step, once it has run. */
async function keep(work) {
  const found = ["usr/sbin", "usr/bin"].map((dir) => join(work, "root", dir, "nats-server")).find(existsSync);
  if (found === undefined) throw new SetupError(HOW_TO_GET_ONE);
  mkdirSync(join(CACHE, "nats-server"), { recursive: true });
  const fresh = `${CACHED}.${process.pid}`;
  copyFileSync(found, fresh);
  chmodSync(fresh, 0o755);
  const { code, output } = await capture(fresh, ["--version"]);
  if (code !== 0) throw new SetupError(`the system's nats-server does not run here.\n${HOW_TO_GET_ONE}`, output);
  renameSync(fresh, CACHED);
  say(`unpacked ${output.trim()}`);
  return CACHED;
}
