import { type Static, Type } from "typebox";
import { KINDS, type Kind } from "./kinds.js";

const Share = Type.Number({ minimum: 0, maximum: 1 });
/** Those that a client does at times of its own; a fail-over has its own beat, a notice is not done but told. */
export const PACED_KINDS = KINDS.filter((kind) => kind !== "FailOver" && kind !== "Notice");

/**
 * What clients do, and how often. All rates are of one client, since that is what a real one has: a session of
 * 12 s with a KeepAlive every 4 s. So the load grows with the clients, and with nothing else.
 */
export const Mix = Type.Object(
  {
    name: Type.String({ pattern: "^[a-z][a-z0-9-]{0,31}$" }),
    about: Type.String({ minLength: 1 }),
    /** Operations a second of each client, by kind. */
    perClientPerS: Type.Object(
      Object.fromEntries(PACED_KINDS.map((kind) => [kind, Type.Optional(Type.Number({ minimum: 0, maximum: 1_000 }))])),
      { additionalProperties: false },
    ),
    /** A file is a lock that is held all run long, with its metadata as contents. */
    files: Type.Object(
      {
        /** How many each client looks at, beside names that do not exist. */
        perClient: Type.Integer({ minimum: 1, maximum: 100 }),
        /** How many clients look at the same file. */
        clientsPerFile: Type.Number({ minimum: 1 }),
        /** Share of look-ups that are of names which do not exist. */
        absentShare: Share,
        /** Share of files that hold an address. */
        namingShare: Share,
        /** Share of files above 1 KiB: 1,024 characters of three bytes each, the most that metadata may have. */
        over1KiBShare: Share,
      },
      { additionalProperties: false },
    ),
    /** Seconds from one primary's fail-over to the next one's, of all files; 0: none. Each client then watches a file. */
    failOverEveryS: Type.Number({ minimum: 0 }),
    /** How many clients contend for one lock, where they do. */
    clientsPerElection: Type.Integer({ minimum: 1 }),
  },
  { additionalProperties: false },
);
export type Mix = Omit<Static<typeof Mix>, "perClientPerS"> & {
  readonly perClientPerS: Readonly<Partial<Record<Kind, number>>>;
};

/** Operations a second of one client, of all kinds. */
export const ratePerClient = ({ perClientPerS }: Mix): number =>
  Object.values(perClientPerS).reduce((sum, rate) => sum + (rate ?? 0), 0);
