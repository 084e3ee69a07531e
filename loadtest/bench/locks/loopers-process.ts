import { generate } from "../shots/generating.js";
import { Looper, type LooperOpen } from "./looper.js";

generate<LooperOpen>((of, tally) =>
  Promise.all(Array.from({ length: of.sessions }, (_, number) => Looper.open(of, number, tally))),
);
