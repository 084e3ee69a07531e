import { generate } from "../shots/generating.js";
import { Reader, type ReadersOpen } from "./reader.js";

generate<ReadersOpen>((of, tally) => Promise.all(Array.from({ length: of.connections }, () => Reader.open(of, tally))));
