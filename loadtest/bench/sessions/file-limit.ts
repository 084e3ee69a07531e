import { readFile } from "node:fs/promises";

/** Of a process: journal, NATS, link, standard streams, scrapes; and what a modest spare is. */
const FILES_KEPT = 100;

/** How many sockets a process may have by its hard limit of files, which Node takes; undefined where the system does not say. */
export async function socketsPerProcess(): Promise<number | undefined> {
  const limits = await readFile("/proc/self/limits", "utf8").catch(() => "");
  const hard = /^Max open files\s+\d+\s+(\d+)/m.exec(limits)?.[1];
  return hard === undefined ? undefined : Number(hard) - FILES_KEPT;
}
