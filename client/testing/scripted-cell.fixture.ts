import { SimClock } from "../../shared/sim/sim-clock.js";
import type { SimProcess } from "../../shared/sim/sim-process.js";
import { SimRandom } from "../../shared/sim/sim-random.js";
import { Client, type ConnectOptions } from "../client.js";
import type { HttpAnswer } from "../ports/http.js";
import type { Platform } from "../ports/platform.js";
import { ScriptedGateway } from "./scripted-gateway.fixture.js";
import { ScriptedMaster } from "./scripted-master.fixture.js";

const LIMIT_MS = 120_000;

/** A cell in simulated time that speaks the protocol of sessions, and the platform of clients that live in it. */
export class ScriptedCell {
  readonly clock = new SimClock();
  readonly master = new ScriptedMaster(this.clock);
  readonly gateways: ScriptedGateway[];
  /** Every URL that was asked for over HTTP. */
  readonly asked: string[] = [];
  readonly #random: SimRandom;
  #clients = 0;

  constructor({ gateways = 2, seed = 1 }: { gateways?: number; seed?: number } = {}) {
    this.#random = new SimRandom(seed);
    this.gateways = Array.from({ length: gateways }, (_, i) => new ScriptedGateway(`http://p${i + 1}`, this.master));
  }

  gateway(at: number): ScriptedGateway {
    return this.gateways[at] as ScriptedGateway;
  }

  /** The gateway that a client uses. */
  of(client: Client): ScriptedGateway {
    return this.gateways.find(({ url }) => url === client.proxy) as ScriptedGateway;
  }

  /** The other one of two. */
  besides(gateway: ScriptedGateway): ScriptedGateway {
    return this.gateways.find((each) => each !== gateway) as ScriptedGateway;
  }

  platform(process: SimProcess | SimClock = this.clock): Platform {
    this.#clients += 1;
    return {
      clock: process,
      random: this.#random.fork(`client ${this.#clients}`),
      dialer: {
        dial: (url, listener) => {
          const gateway = this.gateways.find((each) => url.startsWith(each.url.replace("http", "ws")));
          const told = onProcess(process, listener);
          if (gateway !== undefined) return gateway.connect(told);
          process.after(1, () => listener.onClose(1006, ""));
          return { send: () => {}, close: () => {} };
        },
      },
      http: { get: (url) => this.#get(url) },
    };
  }

  connect(options: Partial<ConnectOptions> = {}, process?: SimProcess): Promise<Client> {
    const proxies = this.gateways.map(({ url }) => url);
    return this.settle(Client.connect(this.platform(process), { proxies, token: "good", ...options }));
  }

  settle<T>(promise: Promise<T>): Promise<T> {
    return this.clock.settle(promise, LIMIT_MS);
  }

  #get(url: string): Promise<HttpAnswer> {
    this.asked.push(url);
    const gateway = this.gateways.find((each) => url.startsWith(each.url));
    return new Promise((resolve, reject) => {
      if (gateway === undefined || gateway.state === "dead") this.clock.after(1, () => reject(new Error("refused")));
      else if (gateway.state === "frozen") this.clock.after(1_000, () => reject(new Error("late")));
      else this.clock.after(2 * gateway.delayMs, () => resolve(this.#answer(url, gateway)));
    });
  }

  #answer(url: string, gateway: ScriptedGateway): HttpAnswer {
    if (!url.endsWith("/proxies")) return { status: gateway.readiness, body: {} };
    return {
      status: 200,
      body: { proxies: this.gateways.map((each) => ({ name: each.url, url: each.url, zone: "" })) },
    };
  }
}

/** A process that is paused hears what came meanwhile at the end of the pause. */
function onProcess<Listener extends object>(process: SimProcess | SimClock, listener: Listener): Listener {
  if (process instanceof SimClock) return listener;
  return new Proxy(listener, {
    get: (target, name) => {
      const method = Reflect.get(target, name) as (...values: unknown[]) => void;
      return (...values: unknown[]) => process.afterTurn(() => method.apply(target, values));
    },
  });
}
