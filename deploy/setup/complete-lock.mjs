/**
 * node deploy/setup/complete-lock.mjs: names the binaries of every platform in package-lock.json.
 *
 * A native package lists one optional dependency per platform. Where a registry does not carry them all,
 * npm leaves the rest out of the lock, and then refuses its own lock in `npm ci`. Their versions are exact
 * in the package that wants them, so they can be written down without asking anybody; the hash of what is
 * not there cannot, and is left out.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { inRoot } from "./paths.mjs";

const PLATFORM = /(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|ia32|ppc64|riscv64|s390x|x64)(?:-(.+))?$/;

/** The optional dependencies that a lock's packages want and the lock does not name: [{name, version, dev}]. */
export function missingBinaries({ packages }) {
  const wanted = Object.values(packages).flatMap(({ dev, optionalDependencies = {} }) =>
    Object.entries(optionalDependencies).map(([name, version]) => ({ name, version, dev })),
  );
  return wanted.filter(({ name }) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)));
}

/** The lock, complete. Throws if a version is not exact or a platform not to be told from the name. */
export function complete(lock) {
  const added = missingBinaries(lock).map((binary) => [`node_modules/${binary.name}`, lockEntry(binary)]);
  const packages = Object.entries({ ...lock.packages, ...Object.fromEntries(added) });
  return { ...lock, packages: Object.fromEntries(packages.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

function lockEntry({ name, version, dev }) {
  const [, os, cpu, abi] = PLATFORM.exec(name) ?? [];
  if (os === undefined || !/^\d+\.\d+\.\d+\S*$/.test(version)) throw new Error(`cannot complete ${name}@${version}`);
  const libc = os === "linux" ? libcOf(abi) : undefined;
  return { version, cpu: [cpu], ...(dev && { dev }), ...(libc && { libc: [libc] }), optional: true, os: [os] };
}

const libcOf = (abi = "gnu") => (abi.startsWith("musl") ? "musl" : "glibc");

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const file = inRoot("package-lock.json");
  writeFileSync(file, `${JSON.stringify(complete(JSON.parse(readFileSync(file, "utf8"))), null, 2)}\n`);
}
