import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { runCommand } from "./commands.js";
import type { Terminal } from "./terminal.js";
import { VERSION } from "./version.js";

async function run(args: readonly string[], environment = {}) {
  const heard = { out: "", err: "" };
  const terminal: Terminal = {
    say: (text) => {
      heard.out += `${text}\n`;
      return true;
    },
    complain: (text) => {
      heard.err += `octofleet: ${text}\n`;
    },
    paint: (_style, text) => text,
    columns: 110,
  };
  const code = await runCommand(args, environment, terminal);
  return { code, ...heard };
}

describe("--help", () => {
  it.each([
    ["octofleet", []],
    ["start", ["start"]],
    ["master", ["master"]],
    ["proxy", ["proxy"]],
    ["journal", ["journal"]],
    ["journal verify", ["journal", "verify"]],
    ["journal dump", ["journal", "dump"]],
    ["journal backup", ["journal", "backup"]],
    ["journal compact", ["journal", "compact"]],
  ])("%s", async (_name, args) => {
    const { code, out, err } = await run([...args, "--help"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatchSnapshot();
  });

  it("shows no line wider than the terminal", async () => {
    const { out } = await run(["start", "--help"]);
    expect(out.split("\n").filter((line) => line.length > 110)).toEqual([]);
  });

  it("is also a command", async () => {
    expect((await run(["help", "start"])).out).toBe((await run(["start", "--help"])).out);
  });
});

describe("the version", () => {
  it("is the package's", async () => {
    const text = await readFile(new URL("../package.json", import.meta.url), "utf8");
    expect(VERSION).toBe((JSON.parse(text) as { version: string }).version);
    expect(await run(["--version"])).toEqual({ code: 0, out: `${VERSION}\n`, err: "" });
  });
});

describe("a command that was asked for wrongly", () => {
  it.each([
    [[], "no command was given: add --help to see which there are"],
    [["sart"], "unknown command 'sart' (Did you mean start?)"],
    [["start", "--prot", "1"], "unknown option '--prot' (Did you mean --port?)"],
    [["start", "--port"], "option '--port <port>' argument missing"],
    [["start", "now"], "too many arguments for 'start'. Expected 0 arguments but got 1."],
    [["start", "--port", "abc"], '--port: "abc" is not a port (0 to 65535)'],
    [["start", "--port", "65500"], "--port 65500 is too high: the last port of its block would be 65602"],
    [["master", "--port", "65535"], "--port 65535 leaves no port above it for the link: choose one with --link-port"],
    [["start", "--admin-key", "k"], "unknown option '--admin-key'"],
    [["proxy"], "--master <url> is needed (or OCTOFLEET_MASTER)"],
    [["proxy", "--proxies", "2"], "unknown option '--proxies'"],
    [["journal"], "no command was given: add --help to see which there are"],
    [["journal", "burn"], "unknown command 'burn'"],
    [["journal", "backup"], "missing required argument 'target'"],
  ])("%j is one line and exit code 2", async (args, line) => {
    expect(await run(args)).toEqual({ code: 2, out: "", err: `octofleet: ${line}\n` });
  });

  it("is warned of a variable that is none", async () => {
    const { err } = await run(["journal", "verify", "--data", "/nonexistent"], { OCTOFLEET_PROT: "1" });
    expect(err.split("\n")[0]).toBe("octofleet: warning: there is no setting OCTOFLEET_PROT");
  });
});
