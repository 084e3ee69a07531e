import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemRandom } from "../shared/adapters/system-random.js";
import { tokenHash } from "../shared/protocol/tokens.js";
import { masterSecret, proxySecret, readCredentials } from "./credentials.js";
import { isLoopback } from "./hosts.js";
import { readSettings } from "./read-settings.js";

let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "octofleet-credentials-"));
});
afterEach(() => rm(data, { recursive: true }));

const settings = (flags = {}, environment = {}) => readSettings("master", { data, ...flags }, environment);
const proxySettings = (flags = {}, environment = {}) =>
  readSettings("proxy", { data, master: "http://127.0.0.1:1", ...flags }, environment);

describe("tokens", () => {
  it("are made once where none are configured and only this machine can call", async () => {
    const first = await readCredentials(settings(), systemRandom);
    const second = await readCredentials(settings(), systemRandom);
    expect(first.local?.made).toBe(true);
    expect(second.local).toEqual({ ...first.local, made: false });
    expect(first.tokens).toEqual([{ hash: tokenHash(first.local?.token as string), principal: "user:local" }]);
    const path = join(data, "token");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, "utf8")).toBe(`${first.local?.token}\n`);
  });

  it("are not made where others can call: the cell does not start", async () => {
    const refused = readCredentials(settings({ host: "0.0.0.0" }), systemRandom);
    await expect(refused).rejects.toMatchObject({
      kind: "usage",
      message: expect.stringContaining("no tokens are configured"),
    });
    await expect(stat(join(data, "token"))).rejects.toThrow("ENOENT");
  });

  it("come from variable, file and admin key together", async () => {
    const file = join(data, "tokens.txt");
    await writeFile(file, "bob:tokB\n");
    const environment = { OCTOFLEET_STATIC_TOKENS: "alice:tokA", OCTOFLEET_ADMIN_KEY: "key" };
    const { tokens, local } = await readCredentials(settings({ staticTokensFile: file }, environment), systemRandom);
    expect(tokens.map(({ principal }) => principal)).toEqual(["user:alice", "user:bob", "admin"]);
    expect(local).toBeUndefined();
  });

  it("are refused with the name of a file that cannot be read", async () => {
    const refused = readCredentials(settings({ staticTokensFile: join(data, "none") }), systemRandom);
    const message = `--static-tokens-file: ${join(data, "none")} cannot be read (ENOENT)`;
    await expect(refused).rejects.toMatchObject({ kind: "usage", message });
  });

  it("are refused if the file that was made here was emptied", async () => {
    await writeFile(join(data, "token"), "\n");
    await expect(readCredentials(settings(), systemRandom)).rejects.toMatchObject({ kind: "usage" });
  });
});

describe("the cell secret", () => {
  it("is made by a master of this machine and found by its proxies", async () => {
    const made = await masterSecret(settings(), systemRandom);
    expect(made).toMatch(/^[0-9a-f]{64}$/);
    expect((await stat(join(data, "cell-secret"))).mode & 0o777).toBe(0o600);
    expect(await masterSecret(settings(), systemRandom)).toBe(made);
    expect(await proxySecret(proxySettings())).toBe(made);
  });

  it("is the variable's before the file's", async () => {
    const file = join(data, "secret.txt");
    await writeFile(file, "of-file\n");
    expect(await proxySecret(proxySettings({ cellSecretFile: file }))).toBe("of-file");
    const environment = { OCTOFLEET_CELL_SECRET: "of-variable" };
    expect(await proxySecret(proxySettings({ cellSecretFile: file }, environment))).toBe("of-variable");
  });

  it("is not made where others can call", async () => {
    const refused = masterSecret(settings({ host: "10.0.0.1" }), systemRandom);
    await expect(refused).rejects.toMatchObject({ kind: "usage", message: expect.stringContaining("no cell secret") });
  });

  it("is what a proxy does not start without", async () => {
    const refused = proxySecret(proxySettings());
    await expect(refused).rejects.toMatchObject({
      kind: "usage",
      message: expect.stringContaining("OCTOFLEET_CELL_SECRET"),
    });
  });
});

it.each([
  ["127.0.0.1", true],
  ["127.1.2.3", true],
  ["localhost", true],
  ["::1", true],
  ["0.0.0.0", false],
  ["::", false],
  ["10.0.0.1", false],
  ["127.0.0.1.example.org", false],
])("%s is this machine's own: %s", (host, own) => {
  expect(isLoopback(host)).toBe(own);
});
