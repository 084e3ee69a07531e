import type { CellService } from "../../shared/gateway/cell-service.js";
import type { Life } from "./life.js";

/** A running process and what it serves. */
export interface Door {
  readonly life: Life;
  readonly service: CellService;
}

/** A machine with a process on it that is started again whenever it ends. */
export interface Host {
  readonly name: string;
  /** Undefined: nobody listens there, and a caller learns that at once. */
  door(): Door | undefined;
  /** Whether a process of this machine has joined the bus. */
  readonly isOnBus: boolean;
  start(): void;
  pause(forMs: number): void;
  crash(downMs: number, machine: boolean): void;
  /** `withinMs`: it is a mishap if it takes longer. */
  stop(downMs: number, withinMs?: number): void;
  stepWall(byMs: number): void;
  /** Ends a pause, and starts what is down. */
  heal(): void;
}
