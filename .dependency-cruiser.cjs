/** Who may import whom. Cycles are forbidden everywhere; the rest are the arrows of the design. */
const ROOMS = "(shared|master|proxy|client|cli|loadtest)";
const TEST_FILES = "[.](test|contract|fixture)[.]ts$";

/** Files below `from` import, of this project, only what lies below one of `to`. */
const only = (name, from, to, exceptFor = []) => ({
  name,
  severity: "error",
  from: { path: `^${from}/`, pathNot: exceptFor },
  to: { path: `^${ROOMS}/`, pathNot: to.map((place) => `^${place}[/.]`) },
});

module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "tests-are-not-for-production",
      severity: "error",
      from: { pathNot: TEST_FILES },
      to: { path: TEST_FILES },
    },
    only("master-imports-shared-only", "master", ["master", "shared"]),
    only("proxy-imports-shared-only", "proxy", ["proxy", "shared"]),
    only("client-imports-the-protocol-only", "client", ["client", "shared/protocol"], [TEST_FILES]),
    only("shared-imports-no-other-room", "shared", ["shared"]),
    only("cli-does-not-import-loadtest", "cli", ["cli", "master", "proxy", "client", "shared"]),
    only("protocol-stands-alone", "shared/protocol", ["shared/protocol"], [TEST_FILES]),
    only("ports-import-protocol-only", "shared/ports", ["shared/ports", "shared/protocol"], [TEST_FILES]),
    only(
      "gateway-imports-ports-and-protocol-only",
      "shared/gateway",
      ["shared/gateway", "shared/ports", "shared/protocol"],
      [TEST_FILES],
    ),
    only(
      "sessions-import-ports-protocol-and-what-they-implement",
      "shared/sessions",
      ["shared/sessions", "shared/ports", "shared/protocol", "shared/gateway/session-host"],
      [TEST_FILES],
    ),
    {
      name: "ports-import-types-only",
      severity: "error",
      from: { path: "^shared/ports/", pathNot: TEST_FILES },
      to: { path: `^${ROOMS}/`, dependencyTypesNot: ["type-only"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|[.]cache)/" },
    tsConfig: { fileName: "tsconfig.base.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
