import { findSystemProgram } from "./system-program.mjs";

const NATS_SERVER = {
  name: "nats-server",
  variable: "OCTOFLEET_NATS_SERVER",
  versionFlag: "--version",
  says: "nats-server",
  howToGetOne: `no nats-server was found, and the tests and the load test need one. To get one:
  Debian, Ubuntu   apt-get install nats-server
  macOS            brew install nats-server
  with Go          go install github.com/nats-io/nats-server/v2@latest
or set OCTOFLEET_NATS_SERVER to the path of one that you have.`,
};

/** The path of a nats-server for the tests and the load test. Throws a SetupError that says how to get one. */
export const findNatsServer = () => findSystemProgram(NATS_SERVER);
