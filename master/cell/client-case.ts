import type { Command } from "../../shared/protocol/commands.js";
import type { ClientPart, CommandRecord } from "./record.js";
import type { Standing } from "./standing.js";
import type { State } from "./state.js";

/** A client's command with all that decides it. */
export interface ClientCase<C extends Command = Command> {
  readonly state: State;
  readonly record: CommandRecord;
  readonly command: C;
  readonly client: ClientPart;
  readonly principal: string;
  readonly standing: Standing;
  readonly revision: number;
}

/** The case of one kind of command. */
export type Of<K extends Command["kind"]> = ClientCase<Extract<Command, { kind: K }>>;
