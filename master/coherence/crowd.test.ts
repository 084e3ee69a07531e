import { expect, it } from "vitest";
import { S, way } from "./way.fixture.js";

const CROWD = 3_000;

it("a crowd of commands is taken in the order in which it came, and not in one turn", async () => {
  const { clock, writes, ground, appends, asAlice } = await way();
  let judged = 0;
  const get = ground.tokens.get.bind(ground.tokens);
  ground.tokens.get = (hash) => {
    judged += 1;
    return get(hash);
  };
  let most = 0;
  let before = 0;
  let turns = 0;
  const watch = (): void => {
    most = Math.max(most, judged - before);
    before = judged;
    turns += 1;
    // A simulated instant may not have turns without end.
    if (turns % 20 === 0) clock.after(0.25, watch);
    else clock.afterTurn(watch);
  };
  const order: number[] = [];
  const answers = Array.from({ length: CROWD }, async (_, at) => {
    const session = { sessionId: `${S}${at}`, attachment: null, anchor: { leaseMs: 12_000, secretHash: null } };
    const client = { ...asAlice, session: { ...session, boundToSender: true } };
    await writes.submit({ command: { kind: "openSession" }, client }).answer;
    order.push(at);
  });
  watch();
  await clock.settle(Promise.all(answers), 10_000);
  expect(order).toEqual(Array.from({ length: CROWD }, (_, at) => at));
  expect(ground.sessions.size).toBe(CROWD);
  expect(Math.max(...appends)).toBeLessThanOrEqual(512);
  expect(appends.length).toBeLessThan(20);
  // Each is looked at when it starts and when it is decided.
  expect(most).toBeLessThanOrEqual(2 * 512);
});
