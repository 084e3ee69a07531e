import { type Plan, QUIET } from "./plan.js";

/** How often a plan is tried with a part left out. */
const TRIES_MAX = 400;

/**
 * Makes a failing plan small: leaves out whatever it fails without, until nothing more can go (delta
 * debugging, Zeller and Hildebrandt, 2002). `fails` plays a plan and says whether it still fails in the same way.
 * What remains is what a person has to read.
 */
export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  return await new Shrinker(plan, fails).shrink();
}

class Shrinker {
  #plan: Plan;
  #triesLeft = TRIES_MAX;
  readonly #fails: (plan: Plan) => Promise<boolean>;

  constructor(plan: Plan, fails: (plan: Plan) => Promise<boolean>) {
    this.#plan = plan;
    this.#fails = fails;
  }

  async shrink(): Promise<Plan> {
    await this.#simplify();
    await this.#leaveOutClients();
    let size: number;
    do {
      size = sizeOf(this.#plan);
      await this.#leaveOut(this.#plan.sessionSteps, (sessionSteps) => ({ ...this.#plan, sessionSteps }));
      await this.#leaveOut(this.#plan.httpSteps, (httpSteps) => ({ ...this.#plan, httpSteps }));
      await this.#leaveOut(this.#plan.faults, (faults) => ({ ...this.#plan, faults }));
      await this.#leaveOut(this.#plan.steps, (steps) => ({ ...this.#plan, steps }));
      await this.#leaveOutClients();
    } while (sizeOf(this.#plan) < size && this.#triesLeft > 0);
    await this.#simplify();
    return this.#plan;
  }

  /** Clocks that agree, a network that loses nothing, fewer proxies. */
  async #simplify(): Promise<void> {
    const { noise } = this.#plan;
    await this.#try({ ...this.#plan, noise: QUIET });
    await this.#try({ ...this.#plan, noise: { ...noise, client: QUIET.client, socket: QUIET.socket } });
    await this.#try({ ...this.#plan, noise: { ...this.#plan.noise, bus: QUIET.bus } });
    await this.#try({ ...this.#plan, noise: { ...this.#plan.noise, link: QUIET.link } });
    await this.#try({
      ...this.#plan,
      masterRate: 1,
      proxies: this.#plan.proxies.map((proxy) => ({ ...proxy, rate: 1 })),
    });
    for (const gone of this.#plan.proxies) {
      const proxies = this.#plan.proxies.filter((proxy) => proxy !== gone);
      if (proxies.length > 0) await this.#try({ ...this.#plan, proxies });
    }
  }

  /** The clients stay in the plan, as names with nothing to do, while one of their user has something to do. */
  async #leaveOutClients(): Promise<void> {
    for (const { name } of this.#plan.sessionClients) {
      const sessionSteps = this.#plan.sessionSteps.filter(({ by }) => by !== name);
      if (sessionSteps.length < this.#plan.sessionSteps.length) await this.#try({ ...this.#plan, sessionSteps });
    }
    for (const { name } of this.#plan.clients) {
      const steps = this.#plan.steps.filter(({ by }) => by !== name);
      if (steps.length < this.#plan.steps.length) await this.#try({ ...this.#plan, steps });
    }
  }

  /** Leaves out ever smaller parts of a list. */
  async #leaveOut<T>(items: readonly T[], planWith: (items: readonly T[]) => Plan): Promise<void> {
    let left = items;
    for (let size = Math.ceil(left.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let from = 0; from < left.length; ) {
        const fewer = [...left.slice(0, from), ...left.slice(from + size)];
        if (await this.#try(planWith(fewer))) left = fewer;
        else from += size;
      }
    }
  }

  async #try(plan: Plan): Promise<boolean> {
    if (this.#triesLeft <= 0) return false;
    this.#triesLeft -= 1;
    const fails = await this.#fails(plan);
    if (fails) this.#plan = plan;
    return fails;
  }
}

const sizeOf = ({ faults, steps, sessionSteps, httpSteps }: Plan): number =>
  faults.length + steps.length + sessionSteps.length + httpSteps.length;
