import { Type } from "typebox";
import { ProxyAddress } from "../entries.js";

/** Pushed: this gateway stops. Resume at one of the others at a moment of your choice within `withinMs`. */
export const GoAway = Type.Object({
  type: Type.Literal("goAway"),
  withinMs: Type.Integer(),
  proxies: Type.Array(ProxyAddress),
});
