/**
 * Finds a program that no npm package brings, without root and without starting anything that stays.
 *
 * Debian and Ubuntu have it, and `apt-get download` with `dpkg -x` needs no rights: so where none is
 * installed, the system's package is unpacked into the project's cache.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { capture } from "./child.mjs";
import { CACHE } from "./paths.mjs";
import { SetupError, say, withProgress } from "./say.mjs";
import { withSetupLock } from "./setup-lock.mjs";

/**
 * The path of a program that runs: the one that the variable names, else from PATH, else from the project's
 * cache, into which it is unpacked at need. Throws a SetupError that says how to get one.
 *
 * `program`: its `name`, which the system's package shares; the environment's `variable` for a path; what to
 * call to see its version (`versionFlag`), and how that `says` who it is; `howToGetOne`, for people.
 */
export async function findSystemProgram(program) {
  const named = process.env[program.variable];
  if (named) {
    if (await runs(named, program)) return named;
    throw new SetupError(`${program.variable} is ${named}, and that does not run as a ${program.name}.`);
  }
  const cached = cachedPath(program);
  for (const candidate of [...onPath(program), cached]) if (await runs(candidate, program)) return candidate;
  const lock = join(CACHE, `${program.name}.lock`);
  return withSetupLock(lock, async () => ((await runs(cached, program)) ? cached : unpack(program)));
}

const cachedPath = ({ name }) => join(CACHE, name, name);

const onPath = ({ name }) =>
  [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"].filter(Boolean).map((dir) => join(dir, name));

async function runs(path, { versionFlag, says }) {
  if (!existsSync(path)) return false;
  const { code, output } = await capture(path, [versionFlag], { timeoutMs: 10_000 });
  return code === 0 && output.startsWith(says);
}

async function unpack(program) {
  const { name, howToGetOne } = program;
  const work = mkdtempSync(join(tmpdir(), `octofleet-${name}-`));
  try {
    return await withProgress(`unpacking the system's ${name} package into .cache/${name}`, async () => {
      const package_ = await download(work, program);
      const unpacked = await capture("dpkg", ["-x", package_, join(work, "root")]);
      if (unpacked.code !== 0) throw new SetupError(howToGetOne, unpacked.output);
      return await keep(work, program);
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Downloads the package with the system's lists; where these are empty, with lists of our own. */
async function download(work, { name, howToGetOne }) {
  const first = await aptDownload(work, name, []);
  if (first.package) return first.package;
  if (first.code === 127) throw new SetupError(howToGetOne);
  for (const part of ["lists/partial", "cache/archives/partial"]) mkdirSync(join(work, part), { recursive: true });
  const own = ["-o", `Dir::State::lists=${join(work, "lists")}`, "-o", `Dir::Cache=${join(work, "cache")}`];
  const update = await capture("apt-get", [...own, "-o", "APT::Sandbox::User=root", "update"], { cwd: work });
  const second = await aptDownload(work, name, own);
  if (second.package) return second.package;
  throw new SetupError(howToGetOne, `${update.output}${second.output}`);
}

async function aptDownload(work, name, options) {
  const args = [...options, "-o", "APT::Sandbox::User=root", "download", name];
  const { code, output } = await capture("apt-get", args, { cwd: work });
  const file = readdirSync(work).find((candidate) => candidate.endsWith(".deb"));
  return { code, output, package: code === 0 && file ? join(work, file) : undefined };
}

/** Puts the binary where it is looked for, in one step, once it has run. */
async function keep(work, program) {
  const { name, versionFlag, howToGetOne } = program;
  const found = ["usr/sbin", "usr/bin"].map((dir) => join(work, "root", dir, name)).find(existsSync);
  if (found === undefined) throw new SetupError(howToGetOne);
  mkdirSync(join(CACHE, name), { recursive: true });
  const fresh = `${cachedPath(program)}.${process.pid}`;
  copyFileSync(found, fresh);
  chmodSync(fresh, 0o755);
  const { code, output } = await capture(fresh, [versionFlag]);
  if (code !== 0) throw new SetupError(`the system's ${name} does not run here.\n${howToGetOne}`, output);
  renameSync(fresh, cachedPath(program));
  say(`unpacked ${output.trim()}`);
  return cachedPath(program);
}
