import type { Clock } from "./clock.js";
import type { Dialer } from "./dialer.js";
import type { Http } from "./http.js";
import type { Random } from "./random.js";

/** All that the client asks of the world around it. */
export interface Platform {
  readonly clock: Clock;
  readonly random: Random;
  readonly dialer: Dialer;
  readonly http: Http;
}
