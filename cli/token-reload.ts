import type { Master } from "../master/master.js";
import type { ConfiguredToken } from "../master/tokens.js";
import { systemRandom } from "../shared/adapters/system-random.js";
import { readCredentials } from "./credentials.js";
import { exitErrorOf } from "./exit-error.js";
import type { Running } from "./lifetime.js";
import type { SettingsOf } from "./settings.js";
import type { Terminal } from "./terminal.js";
import { userOf } from "./tokens.js";

export interface ReloadOptions {
  readonly settings: SettingsOf<"master"> | SettingsOf<"start">;
  /** Those that the master was started with. */
  readonly tokens: readonly ConfiguredToken[];
  readonly master: Pick<Master, "setTokens">;
  readonly terminal: Terminal;
}

/** Says who was revoked by the very start, because they are gone from the configuration, when that holds everywhere. */
export function tellRevoked(master: Pick<Master, "tokensInForce">, terminal: Terminal): void {
  const tell = (revoked: readonly string[]): void => {
    if (revoked.length > 0) terminal.say(`octofleet: tokens gone from the configuration: revoked ${names(revoked)}`);
  };
  // If it fails, so does the master, and that is told anyway.
  master.tokensInForce.then(({ revoked }) => tell(revoked)).catch(() => {});
}

/**
 * What a SIGHUP does where tokens are read from a file: they are read again and the master takes them
 * over, one time after the other. What changed is said when it holds at every proxy. A file that cannot
 * be used changes nothing.
 */
export function tokensOnHangUp({ settings, tokens, master, terminal }: ReloadOptions): Running["hangUp"] {
  let current = tokens;
  let last: Promise<void> = Promise.resolve();
  const reload = async (): Promise<void> => {
    try {
      const next = (await readCredentials(settings, systemRandom)).tokens;
      const before = new Set(current.map(idOf));
      const { revoked } = await master.setTokens(next);
      const added = next.filter((token) => !before.has(idOf(token))).map(({ principal }) => principal);
      current = next;
      terminal.say(`octofleet: tokens read again: added ${names(added)}; revoked ${names(revoked)}`);
    } catch (error) {
      terminal.complain(`the tokens stay as they were: ${exitErrorOf(error).message}`);
    }
  };
  return async () => {
    if (settings.staticTokensFile !== undefined) last = last.then(reload);
    else terminal.say("octofleet: no file of tokens is configured to read again");
    await last;
    return "stay";
  };
}

const names = (principals: readonly string[]): string => principals.map(userOf).join(", ") || "nobody";

const idOf = ({ hash, principal }: ConfiguredToken): string => `${hash} ${principal}`;
