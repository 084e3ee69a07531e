import type { RegisterReply, RegisterRequest, RenewReply, RenewRequest } from "../shared/protocol/link.js";
import type { Sessions } from "../shared/sessions/sessions.js";
import type { Wanted } from "../shared/sessions/table.js";
import type { ProxyFeed } from "./feed.js";
import type { LeaseCompanion } from "./lease.js";

type Registering = Pick<RegisterRequest, "sessions" | "ended">;
type Renewing = Pick<RenewRequest, "sessions" | "ended" | "goneSeen">;

/**
 * What the calls that keep the lease say of the sessions, and hear of them and of how far the cell has come. Each side repeats what it lists until the
 * other has confirmed it (rule L4); while nothing changes, a renewal carries a digest and no more (P8).
 */
export class SessionReport implements LeaseCompanion {
  readonly #sessions: Sessions;
  readonly #feed: ProxyFeed;
  #goneSeen = 0;
  #wanted: Wanted = "digest";

  constructor(sessions: Sessions, feed: ProxyFeed) {
    this.#sessions = sessions;
    this.#feed = feed;
  }

  registering(): Registering {
    return { sessions: this.#sessions.claims(), ended: this.#sessions.unreported() };
  }

  registered({ ended }: Registering, { gone, epoch, revision }: RegisterReply): void {
    this.#sessions.endConfirmed(ended);
    for (const sessionId of gone) this.#sessions.drop(sessionId, "taken");
    this.#sessions.listenAnew();
    this.#goneSeen = 0;
    this.#wanted = "digest";
    this.#feed.registered(epoch, revision);
  }

  renewing(): Renewing {
    return {
      ended: this.#sessions.unreported(),
      sessions: this.#sessions.digest(this.#wanted),
      goneSeen: this.#goneSeen,
    };
  }

  renewed({ ended }: Renewing, { gone, wants, revision }: RenewReply): boolean {
    this.#sessions.endConfirmed(ended);
    for (const { sessionId, attachment, sequence } of gone) {
      this.#sessions.drop(sessionId, "taken", attachment);
      this.#goneSeen = Math.max(this.#goneSeen, sequence);
    }
    this.#wanted = wants;
    this.#feed.reached(revision);
    return ended.length === this.#sessions.endsReportedMax;
  }
}
