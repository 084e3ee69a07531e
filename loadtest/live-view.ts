import type { Progress } from "./driver/messages.js";
import { ProgressLine } from "./progress-line.js";
import type { Moment } from "./report/phase.js";
import { shown } from "./report/table.js";

type Side = "direct" | "proxied";

/** Shows on stderr how far a run has come, and what its masters are asked meanwhile. */
export class LiveView {
  readonly #line = new ProgressLine();
  readonly #progress = new Map<Side, Progress>();
  #stage = "";
  #begunMs = performance.now();
  #moment: Moment | undefined;

  stage(stage: string): void {
    this.#stage = stage;
    this.#begunMs = performance.now();
    this.#progress.clear();
    this.#line.say(stage);
  }

  progress(side: Side, progress: Progress): void {
    this.#progress.set(side, progress);
    this.#show();
  }

  moment(moment: Moment): void {
    this.#moment = moment;
    this.#show();
  }

  end(): void {
    this.#line.end(this.#stage);
  }

  #show(): void {
    const all = [...this.#progress.values()];
    const sum = (of: (progress: Progress) => number): number => all.reduce((total, each) => total + of(each), 0);
    const seconds = (performance.now() - this.#begunMs) / 1_000;
    const wrong = sum(({ failed }) => failed) + sum(({ sessionsLost }) => sessionsLost);
    const { direct, proxied } = this.#moment ?? {};
    const masters =
      direct && proxied
        ? `; at the master ${shown(direct.masterRequestsPerS)}/s directly, ${shown(proxied.masterRequestsPerS)}/s proxied`
        : "";
    this.#line.say(
      `${this.#stage}: ${seconds.toFixed(0)} s, ${sum(({ done }) => done)} operations, ${wrong} errors${masters}`,
    );
  }
}
