import { randomContract } from "../contracts/random.contract.js";
import { systemRandom } from "./system-random.js";

randomContract("the system's", () => systemRandom);
