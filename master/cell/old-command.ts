import type { Command } from "../../shared/protocol/commands.js";

type NewInAcquire = "ephemeral" | "wait" | "delayOnRelease";

/** A client's command as a journal may hold it: an acquire from before sessions could hold locks lacks three fields. */
export type StoredCommand = Command | Omit<Extract<Command, { kind: "acquire" }>, NewInAcquire>;

/** The command in its present form. A lock delay applied to every release then, as it does at OctoStore. */
export function presentForm(command: StoredCommand): Command {
  if (command.kind !== "acquire" || "ephemeral" in command) return command;
  return { ...command, ephemeral: false, wait: false, delayOnRelease: true };
}
