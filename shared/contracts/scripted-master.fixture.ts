import type { MasterLink } from "../ports/link.js";
import type { LinkCallName, LinkReply, LinkRequest } from "../protocol/link-wire.js";

type Script = { [C in LinkCallName]?: (request: LinkRequest<C>) => LinkReply<C> | Promise<LinkReply<C>> };

/** A master that answers by script and remembers what it was asked. A call without a script never answers. */
export class ScriptedMaster implements MasterLink {
  readonly asked: { call: LinkCallName; request: unknown }[] = [];
  readonly script: Script = {};

  readonly register = (request: LinkRequest<"register">) => this.#answer("register", request);
  readonly renew = (request: LinkRequest<"renew">) => this.#answer("renew", request);
  readonly fill = (request: LinkRequest<"fill">) => this.#answer("fill", request);
  readonly execute = (request: LinkRequest<"execute">) => this.#answer("execute", request);
  readonly events = (request: LinkRequest<"events">) => this.#answer("events", request);

  async #answer<C extends LinkCallName>(call: C, request: LinkRequest<C>): Promise<LinkReply<C>> {
    this.asked.push({ call, request });
    const answer = this.script[call];
    return answer ? await answer(request) : await new Promise<never>(() => {});
  }
}
