import ts from "typescript";

/** One breach of a rule. `line` counts from 1. */
export interface Finding {
  readonly line: number;
  readonly message: string;
}

/** A file of the repository; `path` is relative to its top, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A word of the language that only some places may say, and what everybody else says in its place. */
interface Ban {
  readonly words: readonly string[];
  readonly instead: string;
  readonly allowedIn: RegExp;
}

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;

const TESTS = /\.(test|contract|fixture)\.ts$/;
const PROCESSES = /^((shared|client)\/adapters|cli|loadtest)\//;
const either = (...places: readonly RegExp[]): RegExp => new RegExp(places.map((place) => place.source).join("|"));

const BANS: readonly Ban[] = [
  { words: ["Date.now", "new Date()"], instead: "clock.wallMs()", allowedIn: either(PROCESSES, TESTS) },
  { words: ["performance.now", "process.hrtime"], instead: "clock.monotonicMs()", allowedIn: either(PROCESSES, TESTS) },
  {
    words: ["setTimeout", "setInterval", "node:timers", "node:timers/promises"],
    instead: "clock.after()",
    allowedIn: either(PROCESSES, TESTS),
  },
  {
    words: ["setImmediate", "process.nextTick"],
    instead: "clock.afterTurn()",
    allowedIn: either(PROCESSES, TESTS, /^shared\/sim\/sim-clock\.ts$/),
  },
  {
    words: ["Math.random", "randomBytes", "randomUUID", "randomInt", "randomFill", "randomFillSync", "getRandomValues"],
    instead: "the Random port",
    allowedIn: PROCESSES,
  },
  {
    words: ["process.env"],
    instead: "the settings that a main hands on",
    allowedIn: either(/^cli\/(main|terminal|settings[\w-]*)\.ts$/, /^loadtest\//, TESTS),
  },
  { words: ["console"], instead: "the Log port", allowedIn: /^(cli|loadtest)\// },
  { words: ["it.only", "test.only", "describe.only"], instead: "the whole suite", allowedIn: /^$/ },
];

/** Every rule about TypeScript and JavaScript sources. */
export function sourceFindings(file: SourceFile): readonly Finding[] {
  const tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
  const findings: Finding[] = [...longFile(file), ...onlyReExports(tree)];
  const bans = BANS.filter((ban) => !ban.allowedIn.test(file.path));
  const visit = (node: ts.Node): void => {
    findings.push(...banned(node, tree, bans), ...longFunction(node, tree));
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return findings;
}

const lineOf = (tree: ts.SourceFile, position: number): number => tree.getLineAndCharacterOfPosition(position).line + 1;

function banned(node: ts.Node, tree: ts.SourceFile, bans: readonly Ban[]): readonly Finding[] {
  const word = wordOf(node);
  const ban = word === undefined ? undefined : bans.find((candidate) => candidate.words.includes(word));
  if (ban === undefined) return [];
  return [{ line: lineOf(tree, node.getStart(tree)), message: `${word} is not for here; use ${ban.instead}` }];
}

/** What a node says in the words of the table: `a.b`, `new Date()`, an imported module, or a bare name. */
function wordOf(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression))
    return `${node.expression.text}.${node.name.text}`;
  if (ts.isNewExpression(node) && node.getText() === "new Date()") return "new Date()";
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) return node.moduleSpecifier.text;
  if (ts.isIdentifier(node) && !isOwnName(node)) return node.text;
  return undefined;
}

/** Whether an identifier only names a member that is declared here, as in `{ setTimeout: … }`. */
function isOwnName(node: ts.Identifier): boolean {
  const { parent } = node;
  const declares =
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isMethodDeclaration(parent);
  return declares && parent.name === node;
}

function longFile({ text }: SourceFile): readonly Finding[] {
  const lines = text.trimEnd().split("\n").length;
  if (lines <= FILE_LINES_MAX) return [];
  return [{ line: FILE_LINES_MAX, message: `${lines} lines; a file has ${FILE_LINES_MAX} at most` }];
}

function longFunction(node: ts.Node, tree: ts.SourceFile): readonly Finding[] {
  if (!ts.isFunctionLike(node) || isSuite(node)) return [];
  const start = lineOf(tree, node.getStart(tree));
  const lines = lineOf(tree, node.getEnd()) - start + 1;
  if (lines <= FUNCTION_LINES_MAX) return [];
  return [{ line: start, message: `a function of ${lines} lines; ${FUNCTION_LINES_MAX} are the most` }];
}

/** The body of a `describe`, and a contract suite, are lists of tests and no functions to be understood whole. */
function isSuite(node: ts.Node): boolean {
  if (node.getSourceFile().fileName.endsWith(".contract.ts")) return true;
  return ts.isCallExpression(node.parent) && /^describe\b/.test(node.parent.expression.getText());
}

function onlyReExports(tree: ts.SourceFile): readonly Finding[] {
  const { statements } = tree;
  const passesOn = (statement: ts.Statement): boolean =>
    ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement);
  if (!statements.some(ts.isExportDeclaration) || !statements.every(passesOn)) return [];
  return [{ line: 1, message: "only passes on what other files export; import it from there" }];
}
