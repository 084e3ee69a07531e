import { findSystemProgram } from "./system-program.mjs";

const SPIN = {
  name: "spin",
  variable: "OCTOFLEET_SPIN",
  versionFlag: "-V",
  says: "Spin Version",
  howToGetOne: `no spin was found, and the protocol's model needs one. To get one:
  Debian, Ubuntu   apt-get install spin
  macOS            brew install spin
or set OCTOFLEET_SPIN to the path of one that you have.`,
};

/** The path of the model checker Spin. Throws a SetupError that says how to get one. */
export const findSpin = () => findSystemProgram(SPIN);
