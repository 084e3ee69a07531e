import type { Plant } from "./plant.js";

/** Mistakes that somebody could make in good faith with sessions and watches. */
export const SESSION_PLANTS: readonly Plant[] = [
  {
    name: "freed-by-a-late-report",
    text: "A proxy's report that a session fell silent ends it, also if its client lives at another proxy by now.",
    edits: [
      {
        file: "master/sessions/anchored-sessions.ts",
        before: "    for (const { sessionId, attachment } of ended) {\n",
        after: "    for (const { sessionId } of ended) {\n",
      },
      {
        file: "master/sessions/anchored-sessions.ts",
        before: `      const holder = this.#bindings.holderOf(sessionId);
      if (session?.attachment !== attachment || (holder !== undefined && holder !== sender)) continue;
      this.#bindings.release(sessionId);
      const waitMs = this.#silentAtMs(session) - this.#parts.clock.monotonicMs();
      if (waitMs > 0) this.#orphans.addSilent(sessionId, waitMs);
      else this.#end(session, "silent");
`,
        after: `      if (session === undefined || sender === "") continue;
      this.#bindings.release(sessionId);
      this.#end(session, "silent");
`,
      },
      {
        file: "master/sessions/anchored-sessions.ts",
        before: `  /**
   * Before that nobody is silent. Whom a restart cut off had no chance to be heard (rule S5); and whom a resume took from
   * a proxy, one that its client had given up perhaps, may be answered there until that proxy has heard of it (P1).
   */
  #silentAtMs({ sessionId, leaseMs }: SessionRecord): number {
    const cutOffAtMs = Math.max(this.#startedAtMs, this.#bindings.takenAtMs(sessionId) ?? 0);
    return cutOffAtMs + LIMITS.proxyLeaseMs + leaseMs;
  }

`,
        after: "",
      },
      {
        file: "master/sessions/anchored-sessions.ts",
        before: "  readonly #startedAtMs: number;\n",
        after: "",
      },
      {
        file: "master/sessions/anchored-sessions.ts",
        before: "    this.#startedAtMs = clock.monotonicMs();\n",
        after: "",
      },
    ],
  },
  {
    name: "kept-alive-without-a-lease",
    text: "A KeepAlive of a client that was let in once is answered at once, whether or not the proxy's own lease runs.",
    edits: [
      {
        file: "shared/sessions/sessions.ts",
        before: `    this.#mustServe();
    const session = this.#holding.own(caller, sessionId);
    this.#holding.move(session, voice as HeardVoice);
`,
        after: `    const session = this.#holding.own(caller, sessionId);
    this.#holding.move(session, voice as HeardVoice);
`,
      },
      {
        file: "shared/gateway/session/connection.ts",
        before: "    const keys = [credential.key];\n",
        after: `    if (message.type === "keepAlive" && this.#caller !== undefined) {
      this.#keepAlive(message, this.#caller);
      return;
    }
    const keys = [credential.key];
`,
      },
      {
        file: "shared/gateway/session/connection.ts",
        before: "  async #takeLater(",
        after: `  #keepAlive(message: UpMessage & { type: "keepAlive" }, caller: SessionCaller): void {
    try {
      const view = { source: "hit", epoch: 0, entries: [], ageMs: 0 } as const;
      this.#reply(message, this.#requests.replyTo(message, caller, view));
    } catch (error) {
      this.#fail(message, error);
    }
  }

  async #takeLater(`,
      },
    ],
  },
  {
    name: "client-lease-from-the-answer",
    text: "The client counts its lease from when the answer to a KeepAlive came, instead of from before it was sent.",
    edits: [
      {
        file: "client/session/lease.ts",
        before: "    const untilMs = sent.monotonicMs + grantedMs;\n",
        after: "    const now = this.#now();\n    const untilMs = now.monotonicMs + grantedMs;\n",
      },
      {
        file: "client/session/lease.ts",
        before: "      this.#untilWallMs = sent.wallMs + grantedMs;\n",
        after: "      this.#untilWallMs = now.wallMs + grantedMs;\n",
      },
    ],
  },
  {
    name: "anchored-after-the-answer",
    text: "The command that anchors a session is journaled without that, which is left to the session's next command.",
    edits: [
      {
        file: "master/coherence/group-commit.ts",
        before: "      if (outcome.writes) batch.records.push(record);\n",
        after: "      if (outcome.writes) batch.records.push(withoutAnchor(record));\n",
      },
      {
        file: "master/coherence/group-commit.ts",
        before: "/**\n * Decides commands, journals them together,",
        after: `function withoutAnchor(record: CommandRecord): CommandRecord {
  const { client } = record;
  if (client?.session === undefined || record.command.kind === "openSession") return record;
  const { anchor: _, ...session } = client.session;
  return { ...record, client: { ...client, session } };
}

/**
 * Decides commands, journals them together,`,
      },
    ],
  },
  {
    name: "watch-gap-not-told",
    text: "A proxy takes the changes that the bus brings as they come, and does not look whether one is missing before them.",
    edits: [
      {
        file: "proxy/feed.ts",
        before: "    if (message.previous <= this.#revision) {\n",
        after: "    if (message.previous >= 0) {\n",
      },
    ],
  },
];
