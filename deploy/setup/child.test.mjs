import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { capture } from "./child.mjs";

const MODULE = new URL("./child.mjs", import.meta.url).href;

/** Starts a process that runs `program` the way `npm start` runs the cell. */
function wrapped(program) {
  const wrapper = `
    import { runInTerminal } from "${MODULE}";
    process.exitCode = await runInTerminal(process.execPath, ["-e", ${JSON.stringify(program)}]);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", wrapper], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const output = { text: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    output.text += chunk;
  });
  return { child, output, ended: once(child, "close"), ready: once(child.stdout, "data") };
}

const COUNTS_SIGNALS = `
  let count = 0;
  process.on("SIGINT", () => {
    count++;
    setTimeout(() => { console.log("signals " + count); process.exit(7); }, 300);
  });
  setInterval(() => {}, 1000);
  console.log("ready");`;

describe("a program that runs in our place", () => {
  it("gets a signal once, though it came twice, and hands its exit code back", async () => {
    const { child, output, ready, ended } = wrapped(COUNTS_SIGNALS);
    await ready;
    child.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill("SIGINT");
    expect(await ended).toEqual([7, null]);
    expect(output.text).toBe("ready\nsignals 1\n");
  });

  it("that dies of a signal takes us along", async () => {
    const { ended } = wrapped("process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000);");
    expect(await ended).toEqual([null, "SIGTERM"]);
  });

  it("that does not exist has exit code 127", async () => {
    expect(await capture("octofleet-no-such-program", [])).toEqual({ code: 127, output: "" });
  });
});
