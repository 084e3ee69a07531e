import { describe, expect, it } from "vitest";
import { by } from "../check/lock-history.fixture.js";
import { judgePromises } from "./promises.js";

const [ann, bob] = [by("ann"), by("bob")];

describe("the promises of a load test", () => {
  it("are kept by one holder after another", () => {
    const history = [ann.acquired(1, [0, 1]), ann.released(1, [2, 3]), bob.acquired(2, [4, 5])];
    expect(judgePromises(history)).toEqual({ judged: 3, broken: [], undecided: false });
  });

  it("are broken by a token that goes back, and a lock that two hold", () => {
    const { broken } = judgePromises([ann.acquired(5, [0, 1]), bob.acquired(4, [2, 3])]);
    expect(broken.map((text) => text.slice(0, 2))).toEqual(expect.arrayContaining(["P1", "P2", "P3"]));
  });
});
