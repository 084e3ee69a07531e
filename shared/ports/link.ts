import type {
  EventsReply,
  EventsRequest,
  ExecuteReply,
  ExecuteRequest,
  FillReply,
  FillRequest,
  RegisterReply,
  RegisterRequest,
  RenewReply,
  RenewRequest,
} from "../protocol/link.js";

/**
 * What a proxy may ask of the master: five calls. Every write is an `execute`, every read that the cache
 * cannot answer a `fill`; the rest keeps the proxy's lease.
 *
 * A call rejects with a `Fault` (see `protocol/errors.ts`). `upstream_unavailable` means that the outcome
 * is unknown: the master may or may not have acted. Every other code was said by the master.
 */
export interface MasterLink {
  register(request: RegisterRequest): Promise<RegisterReply>;
  renew(request: RenewRequest): Promise<RenewReply>;
  fill(request: FillRequest): Promise<FillReply>;
  execute(request: ExecuteRequest): Promise<ExecuteReply>;
  events(request: EventsRequest): Promise<EventsReply>;
}
