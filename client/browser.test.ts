import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

interface Graph {
  readonly files: ReadonlySet<string>;
  readonly packages: ReadonlySet<string>;
  /** Global names that only Node has. */
  readonly nodeWords: readonly string[];
}

const NODE_WORDS = new Set(["Buffer", "process", "setImmediate", "require", "__dirname", "global"]);

/** All that is loaded when a file is: imports of types are not. */
function graphOf(entry: string): Graph {
  const files = new Set<string>();
  const packages = new Set<string>();
  const nodeWords: string[] = [];
  const visit = (path: string): void => {
    if (files.has(path)) return;
    files.add(path);
    const tree = ts.createSourceFile(path, readFileSync(join(ROOT, path), "utf8"), ts.ScriptTarget.Latest, true);
    for (const specifier of loadedBy(tree)) {
      if (specifier.startsWith("."))
        visit(relative(ROOT, join(ROOT, dirname(path), specifier.replace(/\.js$/, ".ts"))));
      else packages.add(specifier);
    }
    nodeWords.push(...globalsIn(tree).filter((word) => NODE_WORDS.has(word)));
  };
  visit(entry);
  return { files, packages, nodeWords };
}

function loadedBy(tree: ts.SourceFile): readonly string[] {
  return tree.statements.flatMap((statement) => {
    if (ts.isImportDeclaration(statement) && isOnlyTypes(statement.importClause)) return [];
    if (ts.isExportDeclaration(statement) && statement.isTypeOnly) return [];
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const { moduleSpecifier } = statement;
    return moduleSpecifier !== undefined && ts.isStringLiteral(moduleSpecifier) ? [moduleSpecifier.text] : [];
  });
}

const isOnlyTypes = (clause: ts.ImportClause | undefined): boolean =>
  clause?.phaseModifier === ts.SyntaxKind.TypeKeyword;

function globalsIn(tree: ts.SourceFile): readonly string[] {
  const words: string[] = [];
  const visit = (node: ts.Node): void => {
    const isMember =
      ts.isPropertyAccessExpression(node.parent ?? node) && (node.parent as { name?: unknown }).name === node;
    if (ts.isIdentifier(node) && !isMember) words.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return words;
}

describe("the browser's client", () => {
  const graph = graphOf("client/browser.ts");

  it("is the whole client", () => {
    expect([...graph.files]).toContain("client/session/session.ts");
    expect([...graph.files]).toContain("shared/protocol/limits.ts");
  });

  it("loads no package, and no module of Node", () => {
    expect([...graph.packages]).toEqual([]);
  });

  it("says no word that only Node understands", () => {
    expect(graph.nodeWords).toEqual([]);
  });

  it("loads nothing but the client and the protocol", () => {
    expect([...graph.files].filter((path) => !/^(client|shared\/protocol)\//.test(path))).toEqual([]);
  });
});

it("Node's client does load a package: this test can see", () => {
  expect([...graphOf("client/node.ts").packages]).toEqual(["ws"]);
});
