import type { Finding, SourceFile } from "./source-rules.fixture.js";

/** A pattern that no line of a file of a kind may match. */
interface LineRule {
  readonly files: RegExp;
  readonly pattern: RegExp;
  readonly message: string;
}

const LINE_RULES: readonly LineRule[] = [
  { files: /./, pattern: /\b(?:FIX|TO|XX)(?:(?<=FIX)ME|(?<=TO)DO|(?<=XX)X)\b/, message: "do it, or open an issue" },
  {
    files: /./,
    pattern: /(?:^|[\s"'`(=:])\/(?:home|Users)\/[\w.-]+|[\s"'`(=:]\/root\//,
    message: "a path of one machine",
  },
  { files: /./, pattern: /\bregistry\.[a-z0-9-]+\.[a-z]{2,}/, message: "a registry's host; npm knows its own" },
  { files: /(^|\/)\.npmrc$/, pattern: /^\s*(@[\w-]+:)?registry\s*=/, message: "a registry's host; npm knows its own" },
  { files: /^package-lock\.json$/, pattern: /"resolved": "https?:/, message: "the lock names a registry's host" },
];

/** Every rule about files of text, whatever their language. */
export function textFindings(file: SourceFile): readonly Finding[] {
  const rules = LINE_RULES.filter((rule) => rule.files.test(file.path));
  const findings = file.text
    .split("\n")
    .flatMap((text, index) =>
      rules.filter((rule) => rule.pattern.test(text)).map(({ message }) => ({ line: index + 1, message })),
    );
  return file.path.endsWith(".md") ? [...findings, ...titles(file)] : findings;
}

function titles({ text }: SourceFile): readonly Finding[] {
  const prose = text.replace(/^(```+|~~~+)[\s\S]*?^\1/gm, "");
  const count = prose.match(/^# \S/gm)?.length ?? 0;
  return count === 1 ? [] : [{ line: 1, message: `${count} lines "# Title"; a document has one` }];
}
