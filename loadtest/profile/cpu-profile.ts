/** What we read of V8's `.cpuprofile`, which is also what Chromium's DevTools and VS Code open. Times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly children?: readonly number[];
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  /** From 0; -1 where there is no source. */
  readonly lineNumber: number;
}

/** Whose code a function is. */
export type Origin = "own" | "dependency" | "node" | "engine";

/** A function, wherever it was called from. */
export interface Place {
  readonly name: string;
  /** File and line, as short as it can be told; empty for what has no source. */
  readonly where: string;
  readonly origin: Origin;
}

/** A function as it was called from its parent; times include only what was sampled. */
export interface Frame extends Place {
  readonly selfMicroseconds: number;
  readonly totalMicroseconds: number;
  readonly callees: readonly Frame[];
}

interface Building extends Place {
  self: number;
  readonly callees: Map<string, Building>;
}

/** The calls of a profile as one tree, each function once under each caller. The time in which nothing was to be done is left out. */
export function callTree(profile: CpuProfile): Frame {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const selfs = selfTimes(profile);
  const root: Building = { name: "all", where: "", origin: "engine", self: 0, callees: new Map() };
  const add = (id: number, into: Building): void => {
    const node = nodes.get(id) as ProfileNode;
    if (node.callFrame.functionName === "(idle)") return;
    const at = enter(into, placeOf(node.callFrame));
    at.self += selfs.get(id) ?? 0;
    for (const child of node.children ?? []) add(child, at);
  };
  for (const child of profile.nodes[0]?.children ?? []) add(child, root);
  return frameOf(root);
}

function selfTimes({ samples, timeDeltas }: CpuProfile): Map<number, number> {
  const selfs = new Map<number, number>();
  for (const [at, id] of samples.entries()) selfs.set(id, (selfs.get(id) ?? 0) + Math.max(0, timeDeltas[at] ?? 0));
  return selfs;
}

function enter(into: Building, place: Place): Building {
  const key = `${place.name} ${place.where}`;
  const known = into.callees.get(key);
  if (known !== undefined) return known;
  const made: Building = { ...place, self: 0, callees: new Map() };
  into.callees.set(key, made);
  return made;
}

function frameOf({ name, where, origin, self, callees }: Building): Frame {
  const below = [...callees.values()].map(frameOf);
  const total = below.reduce((sum, { totalMicroseconds }) => sum + totalMicroseconds, self);
  const sorted = below.toSorted((a, b) => b.totalMicroseconds - a.totalMicroseconds);
  return { name, where, origin, selfMicroseconds: self, totalMicroseconds: total, callees: sorted };
}

/** `(program)` is what V8 cannot see into: the system's calls, above all. */
const ENGINE_NAMES: ReadonlyMap<string, string> = new Map([
  ["(program)", "native code and system calls"],
  ["(garbage collector)", "garbage collection"],
]);

function placeOf({ functionName, url, lineNumber }: CallFrame): Place {
  const name = ENGINE_NAMES.get(functionName) ?? (functionName === "" ? "(anonymous)" : functionName);
  const line = `:${lineNumber + 1}`;
  if (url === "") return { name, where: "", origin: "engine" };
  if (url.startsWith("node:")) return { name, where: url + line, origin: "node" };
  const [, dependency] = /.*\/node_modules\/(.*)/.exec(url) ?? [];
  if (dependency !== undefined) return { name, where: dependency + line, origin: "dependency" };
  const [, own] = /.*\/dist\/(.*)/.exec(url) ?? [];
  return { name, where: (own ?? url) + line, origin: "own" };
}

/** How long each function was at work itself, the longest first. */
export function selfTimesOf(tree: Frame): (Place & { readonly selfMicroseconds: number })[] {
  const sums = new Map<string, Place & { selfMicroseconds: number }>();
  const visit = ({ name, where, origin, selfMicroseconds, callees }: Frame): void => {
    const key = `${name} ${where}`;
    const sum = sums.get(key) ?? { name, where, origin, selfMicroseconds: 0 };
    sum.selfMicroseconds += selfMicroseconds;
    sums.set(key, sum);
    for (const callee of callees) visit(callee);
  };
  visit(tree);
  return [...sums.values()].toSorted((a, b) => b.selfMicroseconds - a.selfMicroseconds);
}
