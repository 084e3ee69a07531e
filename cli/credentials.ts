import { join } from "node:path";
import type { ConfiguredToken } from "../master/tokens.js";
import type { Random } from "../shared/ports/random.js";
import { tokenHash } from "../shared/protocol/tokens.js";
import { usageError } from "./exit-error.js";
import { isLoopback } from "./hosts.js";
import { keptSecret, readIfThere, readNamed, secretIn } from "./private-file.js";
import type { SettingsOf } from "./settings.js";
import { adminToken, joinTokens, tokensOfLines, tokensOfList } from "./tokens.js";

const TOKEN_BYTES = 16;
const SECRET_BYTES = 32;
const TOKEN_FILE = "token";
const SECRET_FILE = "cell-secret";

type TokenSettings = Pick<SettingsOf<"master">, "host" | "data" | "staticTokens" | "staticTokensFile" | "adminKey">;
type SecretSettings = Pick<SettingsOf<"master">, "host" | "data" | "cellSecret" | "cellSecretFile">;

/** A token that was made here because none was configured. It may be shown to whoever sits at this machine. */
export interface LocalToken {
  readonly token: string;
  readonly path: string;
  /** In this very start. */
  readonly made: boolean;
}

export interface Credentials {
  readonly tokens: readonly ConfiguredToken[];
  readonly local?: LocalToken;
}

/**
 * Who may use the cell. Where nobody is configured, a cell that only this machine can reach gets a user
 * `local`; any other does not start, for it would be open to all or to nobody.
 */
export async function readCredentials(settings: TokenSettings, random: Random): Promise<Credentials> {
  const configured = await configuredTokens(settings);
  const admin = settings.adminKey === undefined ? [] : [adminToken(settings.adminKey)];
  if (configured.length > 0) return { tokens: joinTokens(configured, admin) };
  if (!isLoopback(settings.host)) {
    throw usageError(
      `no tokens are configured, and ${settings.host} can be reached from outside: ` +
        "set OCTOFLEET_STATIC_TOKENS or --static-tokens-file, or listen on 127.0.0.1",
    );
  }
  const kept = await keptSecret(settings.data, TOKEN_FILE, () => random.hex(TOKEN_BYTES));
  const local = { token: kept.secret, path: kept.path, made: kept.made };
  return { tokens: joinTokens([{ hash: tokenHash(local.token), principal: "user:local" }], admin), local };
}

async function configuredTokens({ staticTokens, staticTokensFile }: TokenSettings): Promise<ConfiguredToken[]> {
  const listed = staticTokens === undefined ? [] : tokensOfList(staticTokens, "OCTOFLEET_STATIC_TOKENS");
  if (staticTokensFile === undefined) return listed;
  const content = await readNamed(staticTokensFile, "--static-tokens-file");
  return joinTokens(listed, tokensOfLines(content, staticTokensFile));
}

/** What a master asks of its proxies: configured, or made and kept where only this machine can reach it. */
export async function masterSecret(settings: SecretSettings, random: Random): Promise<string> {
  const configured = await configuredSecret(settings);
  if (configured !== undefined) return configured;
  if (!isLoopback(settings.host)) {
    throw usageError(
      `no cell secret is configured, and ${settings.host} can be reached from outside: ` +
        "set OCTOFLEET_CELL_SECRET or --cell-secret-file, or listen on 127.0.0.1",
    );
  }
  return (await keptSecret(settings.data, SECRET_FILE, () => random.hex(SECRET_BYTES))).secret;
}

/** What a proxy shows its master: configured, or what a master of the same data directory made. */
export async function proxySecret(settings: SecretSettings): Promise<string> {
  const configured = await configuredSecret(settings);
  if (configured !== undefined) return configured;
  const path = join(settings.data, SECRET_FILE);
  const content = await readIfThere(path);
  if (content === undefined) {
    throw usageError(
      `no cell secret: set OCTOFLEET_CELL_SECRET or --cell-secret-file to the master's (there is no ${path})`,
    );
  }
  return secretIn(content, path);
}

async function configuredSecret({ cellSecret, cellSecretFile }: SecretSettings): Promise<string | undefined> {
  if (cellSecret !== undefined || cellSecretFile === undefined) return cellSecret;
  return secretIn(await readNamed(cellSecretFile, "--cell-secret-file"), cellSecretFile);
}
