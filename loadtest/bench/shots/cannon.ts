import autocannon, { type Options, type Result } from "autocannon";

/** autocannon in a process of its own, so that it shares an event loop with nobody. Told by its parent what to shoot at; ends with it. */
process.on("disconnect", () => process.exit());
process.on("message", (options: Options) => {
  autocannon(options).then(
    (result: Result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ failure: String(error) }),
  );
});
