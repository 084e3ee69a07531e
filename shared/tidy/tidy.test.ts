import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { sourceFindings } from "./source-rules.fixture.js";
import { textFindings } from "./text-rules.fixture.js";

/**
 * The style guide that is not left to reading. What a formatter, a linter or the compiler can say is
 * theirs; here is what only this project asks for. Each rule is shown to fire before the tree is judged.
 */
const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const NOT_OURS = new Set([".git", "node_modules", "dist", ".cache", "data", "reports", "coverage"]);
const TEXT = /\.(ts|mjs|cjs|js|json|md|yml|yaml|sh|html|css|conf|service|txt)$|(^|\/)\.[\w-]+$|^\.ci\/run$|Dockerfile$/;

function* filesBelow(directory: string): Generator<string> {
  for (const entry of readdirSync(join(ROOT, directory), { withFileTypes: true })) {
    const path = directory === "" ? entry.name : `${directory}/${entry.name}`;
    if (NOT_OURS.has(entry.name)) continue;
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (TEXT.test(path)) yield path;
  }
}

const load = (path: string) => ({ path, text: readFileSync(join(ROOT, path), "utf8") });
const isSource = (path: string): boolean => path.endsWith(".ts") && !path.startsWith("deploy/");

describe("rules for sources", () => {
  const messages = (path: string, text: string) => sourceFindings({ path, text }).map(({ message }) => message);
  const fires = [
    ["Date.now", "const a = Date.now();"],
    ["new Date()", "const a = new Date();"],
    ["performance.now", "const a = performance.now();"],
    ["setTimeout", "setTimeout(() => {}, 1);"],
    ["setTimeout", "const a = globalThis.setTimeout;"],
    ["setInterval", "const a = { every: setInterval };"],
    ["setImmediate", "setImmediate(() => {});"],
    ["node:timers/promises", 'import { setTimeout as sleep } from "node:timers/promises";\nsleep();'],
    ["Math.random", "const a = Math.random();"],
    ["randomUUID", 'import { randomUUID as id } from "node:crypto";\nid();'],
    ["randomBytes", 'import * as crypto from "node:crypto";\ncrypto.randomBytes(1);'],
    ["process.env", "const a = process.env.HOME;"],
    ["console", 'console.log("a");'],
  ] as const;

  it.each(fires)("bans %s: %s", (word, text) => {
    expect(messages("master/a.ts", text).join()).toContain(`${word} is not for here`);
  });

  it("bans a suite that runs one test only", () => {
    expect(messages("master/a.test.ts", 'it.only("a", () => {});').join()).toContain("it.only");
  });

  it("lets each place do what it is for", () => {
    expect(messages("shared/adapters/system-clock.ts", "setTimeout(f, performance.now() + Date.now());")).toEqual([]);
    expect(messages("shared/adapters/system-random.ts", "Math.random();")).toEqual([]);
    expect(messages("shared/sim/sim-clock.ts", "setImmediate(f);")).toEqual([]);
    expect(messages("cli/settings.ts", "f(process.env);")).toEqual([]);
    expect(messages("cli/start.ts", "console.log(1);")).toEqual([]);
    expect(messages("cli/start.ts", "f(process.env);")).toHaveLength(1);
    expect(messages("master/a.test.ts", "setTimeout(f, 1);")).toEqual([]);
    expect(messages("master/a.test.ts", "Math.random();")).toHaveLength(1);
  });

  it("reads code, and neither comments nor names of members", () => {
    expect(messages("master/a.ts", '// Date.now()\nconst a = { setTimeout: "console.log" };')).toEqual([]);
    expect(messages("master/a.ts", "const a = new Date(0);")).toEqual([]);
  });

  it("bounds a file and a function", () => {
    const lines = (count: number) => "f();\n".repeat(count);
    expect(messages("master/a.ts", lines(400))).toEqual([]);
    expect(messages("master/a.ts", lines(401)).join()).toContain("401 lines");
    expect(messages("master/a.ts", `function g() {\n${lines(68)}}`)).toEqual([]);
    expect(messages("master/a.ts", `function g() {\n${lines(69)}}`).join()).toContain("a function of 71 lines");
    expect(messages("master/a.test.ts", `describe("a", () => {\n${lines(90)}});`)).toEqual([]);
  });

  it("wants no file that only passes on", () => {
    expect(messages("master/a.ts", 'export { b } from "./b.js";').join()).toContain("only passes on");
    expect(messages("master/a.ts", 'import { b } from "./b.js";\nexport { b };').join()).toContain("only passes on");
    expect(messages("master/a.ts", 'export { b } from "./b.js";\nexport const c = 1;')).toEqual([]);
  });
});

describe("rules for text", () => {
  const messages = (path: string, text: string) => textFindings({ path, text }).map(({ message }) => message);

  it("wants nothing left for later", () => {
    for (const word of [`FIX${"ME"}`, `TO${"DO"}`, `XX${"X"}`])
      expect(messages("a.ts", `// ${word}: later`)).toEqual(["do it, or open an issue"]);
    expect(messages("a.ts", "// TOM, DOME and FIXED")).toEqual([]);
  });

  it("wants no machine's paths and no registry's host", () => {
    expect(messages("a.md", `# A\nsee ${"/home"}/somebody/a`)).toEqual(["a path of one machine"]);
    expect(messages("a.ts", `const a = "${"/root"}/b";`)).toEqual(["a path of one machine"]);
    expect(messages("a.md", "# A\nGET /locks/home/a")).toEqual([]);
    expect(messages("a.md", `# A\nhttps://registry${".example.org"}/a`)).toHaveLength(1);
    expect(messages(".npmrc", "registry=https://example.org")).toHaveLength(1);
    expect(messages("package-lock.json", '"resolved": "https://example.org/a.tgz"')).toHaveLength(1);
    expect(messages("package-lock.json", '"integrity": "sha512-a"')).toEqual([]);
  });

  it("wants one title in a document", () => {
    expect(messages("a.md", "# A\n\n```sh\n# a comment\n```\n")).toEqual([]);
    expect(messages("a.md", "text").join()).toContain("0 lines");
    expect(messages("a.md", "# A\n# B").join()).toContain("2 lines");
  });
});

describe("this repository", () => {
  const files = [...filesBelow("")];

  it("is looked at", () => {
    expect(files).toContain("package-lock.json");
    expect(files).toContain("shared/ports/clock.ts");
  });

  it("keeps the rules", () => {
    const breaches = files.map(load).flatMap((file) => {
      const findings = [...textFindings(file), ...(isSource(file.path) ? sourceFindings(file) : [])];
      return findings.map(({ line, message }) => `${file.path}:${line} ${message}`);
    });
    expect(breaches).toEqual([]);
  });
});
