import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type OctofleetProcess, Processes, sendCurl } from "./cli.fixture.js";

let directory: string;
let data: string;
let processes: Processes;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "octofleet-cli-"));
  data = join(directory, "data");
  processes = new Processes();
});
afterEach(async () => {
  await processes.endAll();
  await rm(directory, { recursive: true });
});

const startCell = (flags: readonly string[] = [], environment = {}) =>
  processes.start(["start", "--port", "0", "--data", data, ...flags], environment);

/** What the screen of `start` says. */
async function screenOf(cell: OctofleetProcess) {
  await cell.said(/Ctrl-C stops the cell/);
  const url = (part: string): string => new RegExp(`^ +${part} +(http://\\S+)`, "m").exec(cell.stdout)?.[1] as string;
  return {
    master: url("master"),
    proxies: [url("proxy-1"), url("proxy-2")],
    token: /^ +token +(\S+)/m.exec(cell.stdout)?.[1] as string,
    found: /\((\d+) locks? held, revision (\d+)\)/.exec(cell.stdout)?.[1],
    curl: cell.stdout.split("\n").filter((line) => line.startsWith("curl ")),
  };
}

const read = (url: string, token: string) =>
  fetch(`${url}/locks/demo`, { headers: { authorization: `Bearer ${token}` } });

/** One line, with the command's name and no trace of a stack. */
function expectOneLine(stderr: string): void {
  expect(stderr).toMatch(/^octofleet: [^\n]+\n$/);
  expect(stderr).not.toMatch(/\bat .*:\d+|node:internal|Error:/);
}

describe("octofleet start", () => {
  it("prints three curl lines that work as they are", async () => {
    const { curl } = await screenOf(startCell());
    const [take, readIt, readAgain] = curl as [string, string, string];
    const taken = await sendCurl(take);
    expect(taken).toMatchObject({ status: 200, body: { status: "acquired" } });
    expect(await sendCurl(readIt)).toMatchObject({ body: { status: "held", fencing_token: taken.body.fencing_token } });
    const again = await sendCurl(readAgain);
    expect(again.status).toBe(200);
    expect(again.headers.get("x-cache")).toBe("hit");
    expect(readAgain).toMatch(/\| grep -i -e \^HTTP -e \^x-cache$/);
  });

  it("is ready everywhere when it says so", async () => {
    const { master, proxies } = await screenOf(startCell());
    for (const url of [master, ...proxies]) expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it("stops on Ctrl-C with exit code 0, and the next start finds everything as it was", async () => {
    const first = startCell();
    const before = await screenOf(first);
    expect(before.found).toBe("0");
    const taken = await sendCurl(before.curl[0] as string);
    first.signal("SIGINT");
    expect(await first.ended).toBe(0);
    expect(first.stderr).toBe("");

    const second = startCell();
    const after = await screenOf(second);
    expect(after.found).toBe("1");
    expect(after.token).toBe(before.token);
    const found = await sendCurl(after.curl[1] as string);
    expect(found.body).toMatchObject({ status: "held", fencing_token: taken.body.fencing_token });
    const other = (after.curl[0] as string).replace("/locks/demo/", "/locks/other/");
    const next = await sendCurl(other);
    expect(next.body.fencing_token).toBeGreaterThan(taken.body.fencing_token as number);
    second.signal("SIGTERM");
    expect(await second.ended).toBe(0);
  });

  it("takes a Ctrl-C that npm repeats for one, and a second one for impatience", async () => {
    const cell = startCell(["--proxies", "0"]);
    const { master } = await screenOf(cell);
    const slow = connect(Number(new URL(master).port), "127.0.0.1");
    slow.on("error", () => {});
    slow.write("POST /locks/demo/acquire HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{");
    await new Promise((resolve) => setTimeout(resolve, 100));
    cell.signal("SIGINT");
    await cell.said(/Stopping/);
    cell.signal("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(cell.isRunning).toBe(true);
    cell.signal("SIGINT");
    expect(await cell.ended).toBe(130);
    slow.destroy();
  });

  it("keeps tokens only as hashes, but for the file of the one that it made", async () => {
    const cell = startCell();
    const { curl, token } = await screenOf(cell);
    for (const line of curl) await sendCurl(line);
    cell.signal("SIGINT");
    await cell.ended;
    expect(await filesWith(token)).toEqual([join(data, "token")]);
    expect(cell.stderr).not.toContain(token);
  });

  it("needs tokens of your own where others can reach it", async () => {
    const { code, stderr } = await processes.run(["start", "--port", "0", "--data", data, "--host", "0.0.0.0"]);
    expect(code).toBe(2);
    expectOneLine(stderr);
    expect(stderr).toContain("OCTOFLEET_STATIC_TOKENS");
  });
});

describe("configured tokens", () => {
  const file = (): string => join(directory, "tokens.txt");

  it("are read again on SIGHUP: one that is gone works nowhere once the line says so", async () => {
    await writeFile(file(), "alice:sesame-a\nbob:sesame-b\n");
    const cell = startCell(["--static-tokens-file", file(), "--log-level", "debug"]);
    const { proxies } = await screenOf(cell);
    for (const url of proxies) expect((await read(url, "sesame-b")).status).toBe(200);
    await writeFile(file(), "alice:sesame-a\ncarol:sesame-c\n");
    cell.signal("SIGHUP");
    await cell.said(/tokens read again: added carol; revoked bob\n/);
    for (const url of proxies) {
      expect((await read(url, "sesame-b")).status).toBe(401);
      expect((await read(url, "sesame-a")).status).toBe(200);
      expect((await read(url, "sesame-c")).status).toBe(200);
    }
    await writeFile(file(), "alice:sesame-a:x\n");
    cell.signal("SIGHUP");
    for (let i = 0; i < 100 && cell.stderr.includes("stay as they were") === false; i++)
      await read(proxies[0] as string, "sesame-a");
    expect(cell.stderr).toContain(`octofleet: the tokens stay as they were: ${file()}, line 1 is ambiguous`);
    expect((await read(proxies[0] as string, "sesame-c")).status).toBe(200);
    cell.signal("SIGINT");
    expect(await cell.ended).toBe(0);
    expect(cell.stdout + cell.stderr).not.toContain("sesame");
    expect(await filesWith("sesame")).toEqual([]);
  });

  it("that are gone at a start are revoked by it", async () => {
    const first = startCell([], { OCTOFLEET_STATIC_TOKENS: "alice:sesame-a,bob:sesame-b" });
    await screenOf(first);
    first.signal("SIGINT");
    await first.ended;
    const second = startCell([], { OCTOFLEET_STATIC_TOKENS: "alice:sesame-a" });
    const { proxies } = await screenOf(second);
    await second.said(/gone from the configuration: revoked bob\n/);
    for (const url of proxies) expect((await read(url, "sesame-b")).status).toBe(401);
    expect(second.stdout).not.toContain("sesame");
  });
});

describe("what cannot be done is one line and exit code 1", () => {
  it("a port in use", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const port = String((taken.address() as AddressInfo).port);
    for (const flags of [
      ["--port", port],
      ["--port", "0", "--link-port", port],
    ]) {
      const { code, stderr } = await processes.run(["master", "--data", data, "--log-level", "error", ...flags]);
      expect(code).toBe(1);
      expectOneLine(stderr);
      expect(stderr).toContain(port);
    }
    taken.close();
  });

  it("a data directory that is none", async () => {
    await writeFile(data, "");
    const { code, stderr } = await processes.run(["start", "--port", "0", "--data", data]);
    expect(code).toBe(1);
    expect(stderr).toBe(`octofleet: the data directory ${data} is no directory\n`);
  });

  it("a data directory that another cell has open", async () => {
    const first = startCell();
    await screenOf(first);
    const { code, stderr } = await processes.run(["start", "--port", "0", "--data", data]);
    expect(code).toBe(1);
    expectOneLine(stderr);
    expect(first.isRunning).toBe(true);
  });

  it("a journal that is damaged, which `journal verify` shows as well", async () => {
    const cell = startCell(["--proxies", "0"]);
    await sendCurl((await screenOf(cell)).curl[0] as string);
    cell.signal("SIGKILL");
    await cell.ended;
    const journal = join(data, "journal");
    const log = (await readdir(journal)).find((name) => name.endsWith(".log")) as string;
    const bytes = await readFile(join(journal, log));
    bytes.fill(0x55, 20, bytes.length);
    await writeFile(join(journal, log), bytes);
    const { code, stderr } = await processes.run(["start", "--port", "0", "--data", data]);
    expect(code).toBe(1);
    expectOneLine(stderr);
    expect(stderr).toContain("journal");
    const verified = await processes.run(["journal", "verify", "--data", data]);
    expect(verified.code).toBe(1);
    expectOneLine(verified.stderr);
  });
});

describe("octofleet journal", () => {
  it("verifies, dumps, backs up and compacts what a cell left", async () => {
    const cell = startCell(["--proxies", "0"]);
    const screen = await screenOf(cell);
    await sendCurl(screen.curl[0] as string);
    cell.signal("SIGINT");
    await cell.ended;
    const verified = await processes.run(["journal", "verify", "--data", data]);
    expect(verified).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("No damage") });
    const dumped = await processes.run(["journal", "dump", "--data", data]);
    const records = dumped.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(records.length).toBeGreaterThan(2);
    expect(records.at(-1)).toMatchObject({ body: { command: { kind: "close" } } });
    expect(dumped.stdout).not.toContain(screen.token);
    const copy = join(directory, "copy");
    const backedUp = await processes.run(["journal", "backup", "--data", data, copy]);
    expect(backedUp).toMatchObject({ code: 0, stderr: "" });
    const again = await processes.run(["journal", "backup", "--data", data, copy]);
    expect(again).toMatchObject({ code: 1, stderr: `octofleet: ${copy} is not empty: name a new directory\n` });
    expect((await processes.run(["journal", "compact", "--data", data])).code).toBe(0);

    const restored = processes.start(["start", "--port", "0", "--proxies", "0", "--data", copy]);
    expect((await screenOf(restored)).found).toBe("1");
  });

  it("says that there is none", async () => {
    const { code, stderr } = await processes.run(["journal", "verify", "--data", directory]);
    expect(code).toBe(1);
    expectOneLine(stderr);
  });
});

describe("master and proxy as processes of their own", () => {
  it("make a cell", async () => {
    const master = processes.start(["master", "--port", "0", "--data", data]);
    const [, masterUrl, linkUrl] = await master.said(/^octofleet master: serving on (\S+) \(link (\S+)\)$/m);
    const [, token] = await master.said(/^octofleet master: token (\S+)/m);
    const proxy = processes.start(["proxy", "--port", "0", "--data", data, "--master", linkUrl as string]);
    const [, proxyUrl] = await proxy.said(/^octofleet proxy proxy-\d+: serving on (\S+)$/m);
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const taken = await fetch(`${proxyUrl}/locks/demo/acquire`, { method: "POST", headers, body: "{}" });
    expect(await taken.json()).toMatchObject({ status: "acquired" });
    expect(await (await read(masterUrl as string, token as string)).json()).toMatchObject({ status: "held" });
    for (const one of [proxy, master]) {
      one.signal("SIGTERM");
      expect(await one.ended).toBe(0);
      expect(one.stderr).not.toContain(token);
    }
  });

  it("a proxy listens without its master, and says why it is not ready", async () => {
    const flags = ["--port", "0", "--data", data, "--master", "http://127.0.0.1:1", "--log-level", "silent"];
    const proxy = processes.start(["proxy", ...flags], { OCTOFLEET_CELL_SECRET: "s" });
    const [, url] = await proxy.said(/listening on (http:\S+),/);
    const answer = await fetch(`${url}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toMatch(/\w+ \w+/);
    proxy.signal("SIGINT");
    expect(await proxy.ended).toBe(0);
  });

  it("a proxy does not start without the cell's secret", async () => {
    const { code, stderr } = await processes.run(["proxy", "--data", data, "--master", "http://127.0.0.1:1"]);
    expect(code).toBe(2);
    expectOneLine(stderr);
  });
});

/** The files below the data directory in which the text stands. */
async function filesWith(text: string): Promise<string[]> {
  const entries = await readdir(data, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(paths.map((path) => readFile(path)));
  return paths.filter((_, i) => contents[i]?.includes(text));
}
