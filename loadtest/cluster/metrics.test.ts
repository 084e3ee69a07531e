import { describe, expect, it } from "vitest";
import { growth, parseMetrics } from "./metrics.js";

const page = `# HELP octofleet_gateway_requests_total Requests.
# TYPE octofleet_gateway_requests_total counter
octofleet_gateway_requests_total{operation="status",class="2xx"} 40
octofleet_gateway_requests_total{operation="status",class="5xx"} 2
octofleet_gateway_requests_total{class="2xx",operation="acquire"} 1e3
process_cpu_seconds_total 1.25 1700000000000
odd{name="a \\"b\\", c"} 7
`;

describe("metrics of a process", () => {
  it("are summed by label", () => {
    const metrics = parseMetrics(page);
    expect(metrics.by("octofleet_gateway_requests_total", "operation")).toEqual(
      new Map([
        ["status", 42],
        ["acquire", 1_000],
      ]),
    );
    expect(metrics.sum("process_cpu_seconds_total")).toBe(1.25);
    expect(metrics.by("odd", "name").size).toBe(1);
  });

  it("are undefined, or empty, where there are none", () => {
    expect(parseMetrics(page).sum("missing")).toBeUndefined();
    expect(parseMetrics("").by("missing", "operation").size).toBe(0);
  });

  it("grow", () => {
    const before = new Map([
      ["a", 1],
      ["b", 2],
    ]);
    expect(
      growth(
        before,
        new Map([
          ["a", 4],
          ["b", 2],
          ["c", 5],
        ]),
      ),
    ).toEqual(
      new Map([
        ["a", 3],
        ["c", 5],
      ]),
    );
  });
});
