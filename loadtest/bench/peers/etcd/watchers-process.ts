import type { Told, ToWatchers, WatchersOpen } from "../../watch/messages.js";
import { ToldMarks } from "../../watch/told-marks.js";
import { EtcdClient } from "./etcd-client.js";

/** Watchers of etcd within one process, each on a stream of its own, over a few connections. They obey as ours do. */
const CONNECTIONS = 4;
const marks = new ToldMarks();

async function open({ url, name, count }: WatchersOpen): Promise<Told> {
  marks.expect(count);
  const clients = Array.from({ length: CONNECTIONS }, () => new EtcdClient(new URL(url).host));
  const watch = (number: number): Promise<void> =>
    (clients[number % CONNECTIONS] as EtcdClient).watch(
      name,
      (value) => marks.onTold(value),
      () => marks.onFailure(),
    );
  await Promise.all(Array.from({ length: count }, (_, number) => watch(number)));
  return marks.nothingYet();
}

async function obey(message: ToWatchers): Promise<Told> {
  if (message.do === "open") return open(message);
  if (message.do === "take") return marks.take(message.mark, message.withinMs);
  throw new Error(`watchers of etcd cannot ${message.do}.`);
}

process.on("disconnect", () => process.exit());
process.on("message", (message: ToWatchers) => {
  obey(message).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ failure: String(error) }),
  );
});
