/** A cell on this machine, for as long as an example needs it. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));
const PROXY = /proxy-\d+\s+(http:\/\/\S+)/g;

/** Resolves when it serves: with its proxies' URLs, a token, and the way to stop it. */
export async function startCell() {
  const data = mkdtempSync(join(tmpdir(), "octofleet-example-"));
  const token = "example-token";
  const child = spawn(process.execPath, [PROGRAM, "start", "--port", "0", "--data", data], {
    env: { ...process.env, OCTOFLEET_STATIC_TOKENS: `example:${token}`, OCTOFLEET_LOG_LEVEL: "error" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const over = new Promise((resolve) => child.once("exit", resolve));
  const screen = await Promise.race([untilSaid(child.stdout, "Ctrl-C stops"), over]);
  if (typeof screen !== "string") throw new Error("the cell did not start");
  const stop = async () => {
    child.kill("SIGTERM");
    await over;
    rmSync(data, { recursive: true, force: true });
  };
  return { proxies: [...screen.matchAll(PROXY)].map(([, url]) => url), token, stop };
}

function untilSaid(stream, words) {
  let said = "";
  return new Promise((resolve) => {
    stream.on("data", (text) => {
      said += text;
      if (said.includes(words)) resolve(said);
    });
  });
}
