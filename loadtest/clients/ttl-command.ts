import type { Answer, Command } from "../../shared/protocol/commands.js";

type Of<K extends Command["kind"]> = Extract<Command, { kind: K }>;

/** Takes a lock for the principal, and for a time. */
export type TtlAcquire = Of<"acquire"> & { readonly ttlMs: number; readonly ephemeral: false };
/** What is asked of a lock that its principal holds for a time, without a session. */
export type TtlCommand = TtlAcquire | Of<"renew"> | Of<"release"> | Of<"setMetadata">;

const TTL_STATUSES = ["acquired", "held", "delayed", "renewed", "released", "metadataSet", "refused"] as const;
/** What such a command may be answered. */
export type TtlAnswer = Extract<Answer, { status: (typeof TTL_STATUSES)[number] }>;
/** Such a lock has an expiry. */
export type TtlAcquired = Extract<Answer, { status: "acquired" }> & { readonly expiresAtWallMs: number };

/** Throws for an answer that no command of a TTL lock can get. */
export function ttlAnswerOf(answer: Answer): TtlAnswer {
  if (!isTtlAnswer(answer)) throw new Error(`A command of a TTL lock was answered ${JSON.stringify(answer)}.`);
  return answer;
}

/** Whether a command of a TTL lock can be answered so. */
export const isTtlAnswer = (answer: Answer): answer is TtlAnswer =>
  (TTL_STATUSES as readonly Answer["status"][]).includes(answer.status);

/** An acquire as the OctoStore API makes it: its delay applies to a release too. */
export function ttlAcquire(
  name: string,
  { ttlMs, metadata = null, lockDelayMs = 0 }: Pick<TtlAcquire, "ttlMs"> & Partial<TtlAcquire>,
): TtlAcquire {
  return {
    kind: "acquire",
    ...{ name, ttlMs, metadata, lockDelayMs },
    delayOnRelease: true,
    ephemeral: false,
    wait: false,
  };
}
