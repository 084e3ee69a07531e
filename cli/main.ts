#!/usr/bin/env node
import { runCommand } from "./commands.js";
import { exitErrorOf } from "./exit-error.js";
import { processTerminal } from "./terminal.js";

const terminal = processTerminal();

process.on("uncaughtException", (error) => {
  terminal.complain(exitErrorOf(error).message);
  process.exit(1);
});

process.exit(await runCommand(process.argv.slice(2), process.env, terminal));
