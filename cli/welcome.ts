import type { Terminal } from "./terminal.js";

/** What `octofleet start` shows when the cell serves. */
export interface Welcome {
  readonly version: string;
  readonly masterUrl: string;
  readonly linkUrl: string;
  readonly proxies: readonly { readonly name: string; readonly url: string; readonly flaw: string | undefined }[];
  readonly bus: string;
  readonly data: string;
  readonly found: { readonly locks: number; readonly revision: number };
  /** One that was made here; absent where tokens are configured, for those are nobody's to show. */
  readonly token: { readonly text: string; readonly path: string } | undefined;
  readonly users: readonly string[];
}

/** The screen: addresses, the token, three lines to paste, and how to stop. */
export function welcomeScreen(welcome: Welcome, paint: Terminal["paint"]): string {
  const { version, token } = welcome;
  const title = (text: string): string => paint("bold", text);
  return [
    title(`Octofleet ${version}: a cell is running.`),
    "",
    ...facts(welcome).map(([name, text]) => `  ${paint("cyan", name.padEnd(10))} ${text}`),
    "",
    title("Try it. Each line can be pasted as it is:"),
    ...(token ? [] : [paint("dim", "  (first put one of your tokens into TOKEN)")]),
    "",
    ...curlLines(welcome).flatMap(([why, line]) => [paint("dim", `# ${why}`), line, ""]),
    "Ctrl-C stops the cell; the next start finds everything as it was.",
  ].join("\n");
}

function facts(welcome: Welcome): [string, string][] {
  const { masterUrl, linkUrl, proxies, bus, data, found, token, users } = welcome;
  const locks = found.locks === 1 ? "1 lock" : `${found.locks} locks`;
  return [
    ["master", `${masterUrl}   (link for proxies: ${linkUrl})`],
    ...proxies.map(({ name, url, flaw }): [string, string] => [name, flaw ? `${url}   (not ready: ${flaw})` : url]),
    ["bus", bus],
    ["data", `${data}   (${locks} held, revision ${found.revision})`],
    token ? ["token", `${token.text}   (kept in ${token.path})`] : ["users", users.join(", ")],
  ];
}

/** With no proxy everything goes to the master, with one all of it to that one. */
function curlLines({ masterUrl, proxies, token }: Welcome): [string, string][] {
  const doors = proxies.map(({ name, url }) => ({ name, url }));
  const master = { name: "the master", url: masterUrl };
  const first = doors[0] ?? master;
  const second = doors[1] ?? first;
  const authorization = `-H "Authorization: Bearer ${token ? token.text : "$TOKEN"}"`;
  const json = '-H "Content-Type: application/json"';
  const take = `curl -s -X POST ${first.url}/locks/demo/acquire ${authorization} ${json} -d '{"ttl_seconds":600}'`;
  const read = `${second.url}/locks/demo ${authorization}`;
  const onceMore =
    doors.length > 0 ? "once more: now from its own cache (x-cache: hit)" : "once more, with what it says of itself";
  return [
    [`take a lock at ${first.name}`, take],
    [`read it at ${second.name}`, `curl -s ${read}`],
    [onceMore, `curl -si ${read} | grep -i -e ^HTTP -e ^x-cache`],
  ];
}
