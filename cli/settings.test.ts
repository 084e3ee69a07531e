import { describe, expect, it } from "vitest";
import { ExitError } from "./exit-error.js";
import { type Environment, type Flags, readSettings, unknownVariables } from "./read-settings.js";
import { COMMANDS, type CommandName, SETTINGS, type Setting, settingsOf } from "./settings.js";
import { settingsPage } from "./settings-docs.js";

const rows = Object.entries(SETTINGS) as [string, Setting][];

describe("the table of settings", () => {
  it.each(rows)("%s: its names follow from each other", (key, row) => {
    const kebab = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (row.flag !== undefined) expect(row.flag).toBe(`--${kebab}`);
    const snake = `OCTOFLEET_${kebab.replaceAll("-", "_").toUpperCase()}`;
    expect(row.variable).toBe(key === "nats" ? "OCTOFLEET_NATS_URL" : snake);
  });

  it("has defaults that its own parsers take", () => {
    for (const command of COMMANDS) {
      for (const [, row] of settingsOf(command)) {
        const fallback = row.defaults[command];
        if (typeof fallback === "string") expect(() => row.parse(fallback)).not.toThrow();
      }
    }
  });

  it("gives no secret a flag", () => {
    const secrets = rows.filter(([, row]) => row.flag === undefined).map(([, row]) => row.variable);
    expect(secrets).toEqual(["OCTOFLEET_STATIC_TOKENS", "OCTOFLEET_ADMIN_KEY", "OCTOFLEET_CELL_SECRET"]);
  });

  it("is what docs/settings.md says (npx vitest run -u writes it)", async () => {
    await expect(settingsPage()).toMatchFileSnapshot("../docs/settings.md");
  });
});

describe("precedence", () => {
  it("takes the default where nothing is given", () => {
    expect(readSettings("start", {}, {})).toMatchObject({ port: 7100, proxies: 2, cacheBytes: 67_108_864 });
    expect(readSettings("start", {}, {}).nats).toBeUndefined();
  });

  it("takes the variable before the default", () => {
    expect(readSettings("start", {}, { OCTOFLEET_PORT: "8100" }).port).toBe(8100);
  });

  it("takes the flag before the variable", () => {
    expect(readSettings("start", { port: "9100" }, { OCTOFLEET_PORT: "8100" }).port).toBe(9100);
  });

  it("does not even look at a variable that a flag beats", () => {
    expect(readSettings("start", { port: "9100" }, { OCTOFLEET_PORT: "nonsense" }).port).toBe(9100);
  });

  it("takes an empty variable for an unset one", () => {
    expect(readSettings("start", {}, { OCTOFLEET_PORT: "" }).port).toBe(7100);
  });

  it("has defaults by command", () => {
    expect(readSettings("proxy", { master: "http://m:7101" }, {})).toMatchObject({ port: 7201, logLevel: "info" });
    expect(readSettings("start", {}, {}).logLevel).toBe("warn");
    // Where all stops together there is nowhere to go.
    expect([readSettings("start", {}, {}).drainMs, readSettings("master", {}, {}).drainMs]).toEqual([0, 10_000]);
  });

  it("leaves out what a command does not take", () => {
    expect(readSettings("journal", {}, { OCTOFLEET_PORT: "nonsense" })).toEqual({ data: "./data" });
  });
});

describe("values", () => {
  const read = (flags: Flags) => readSettings("start", flags, {});

  it.each(["67108864", "64m", "64M", "64MiB", "64mib", "65536k", "65536KiB"])("a size may be %s", (cacheBytes) => {
    expect(read({ cacheBytes }).cacheBytes).toBe(67_108_864);
  });

  it("an origin loses its closing slash", () => {
    expect(readSettings("proxy", { master: "http://10.0.0.1:7101/" }, {}).master).toBe("http://10.0.0.1:7101");
  });

  const bad: [CommandName, Flags, Environment, string][] = [
    ["start", { port: "abc" }, {}, '--port: "abc" is not a port (0 to 65535)'],
    ["start", { port: "65536" }, {}, '--port: "65536" is not a port (0 to 65535)'],
    ["start", { port: "-1" }, {}, '--port: "-1" is not a port (0 to 65535)'],
    ["start", { port: "" }, {}, '--port: "" is not a port (0 to 65535)'],
    ["start", {}, { OCTOFLEET_PORT: "7.5" }, 'OCTOFLEET_PORT: "7.5" is not a port (0 to 65535)'],
    ["start", { proxies: "33" }, {}, '--proxies: "33" is not a whole number from 0 to 32'],
    ["start", { host: "a b" }, {}, '--host: "a b" is not a host name or an IP address'],
    ["start", { cell: "A" }, {}, '--cell: "A" is not a name of 1 to 32 lower-case letters, digits and -'],
    ["start", { data: "" }, {}, '--data: "" is not allowed to be empty'],
    ["start", { cacheBytes: "64MB" }, {}, '--cache-bytes: "64MB" is not a size (write 64MiB, 64m or 67108864)'],
    ["start", { cacheBytes: "1k" }, {}, '--cache-bytes: "1k" is not a size of at least 65536 bytes'],
    ["start", { fillKeysPerS: "0" }, {}, '--fill-keys-per-s: "0" is not a whole number from 1 to 1000000'],
    ["start", { graceMs: "5999" }, {}, '--grace-ms: "5999" is not a whole number from 6000 to 3600000'],
    ["start", { drainMs: "600001" }, {}, '--drain-ms: "600001" is not a whole number from 0 to 600000'],
    ["start", { socketsPerS: "0" }, {}, '--sockets-per-s: "0" is not a whole number from 1 to 1000000'],
    ["start", { logLevel: "loud" }, {}, '--log-level: "loud" is none of debug, info, warn, error, silent'],
    ["proxy", {}, {}, "--master <url> is needed (or OCTOFLEET_MASTER)"],
  ];
  it.each(bad)("%s %j %j is refused", (command, flags, environment, line) => {
    expect(complaint(() => readSettings(command, flags, environment))).toEqual({ kind: "usage", line });
  });

  it.each(["http://u:secret@h:1", "ftp://h:1", "http://h:1/path", "h:1"])(
    "a master at %s is refused, unseen",
    (master) => {
      const line = "--master: the value is not of the form http://host:port, with nothing after the port";
      expect(complaint(() => readSettings("proxy", { master }, {}))).toEqual({ kind: "usage", line });
    },
  );

  it.each(["nats://u:secret@h:1", "http://h:1", "nats://a:1,nats://b:1"])("a bus at %s is refused, unseen", (nats) => {
    const line = "--nats: the value is not of the form nats://host:port or tls://host:port, with nothing else in it";
    expect(complaint(() => readSettings("start", { nats }, {}))).toEqual({ kind: "usage", line });
  });

  it("never shows a bad secret", () => {
    const line = "OCTOFLEET_ADMIN_KEY: the value is not a key of 1 to 512 visible ASCII characters";
    expect(complaint(() => readSettings("start", {}, { OCTOFLEET_ADMIN_KEY: "my key" }))).toEqual({
      kind: "usage",
      line,
    });
  });

  it("takes no empty secret", () => {
    const line = "OCTOFLEET_CELL_SECRET is empty: give it a value or unset it";
    expect(complaint(() => readSettings("proxy", { master: "http://m:1" }, { OCTOFLEET_CELL_SECRET: "" }))).toEqual({
      kind: "usage",
      line,
    });
  });

  it("a secret cannot be smuggled in as a flag", () => {
    expect(readSettings("start", { adminKey: "k" }, {}).adminKey).toBeUndefined();
  });
});

it("unknown variables are named, and only those that look like ours", () => {
  const environment = { OCTOFLEET_PROT: "1", OCTOFLEET_PORT: "1", OCTOFLEET_NATS_SERVER: "/x", PATH: "/bin" };
  expect(unknownVariables(environment)).toEqual(["OCTOFLEET_PROT"]);
});

function complaint(read: () => unknown): { kind: string; line: string } | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (!(error instanceof ExitError)) throw error;
    return { kind: error.kind, line: error.message };
  }
}
