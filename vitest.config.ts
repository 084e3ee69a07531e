import { defineConfig } from "vitest/config";

/**
 * `unit` runs inside one process and on every version of Node that we promise. `system` starts programs:
 * whole cells, a nats-server, processes that are killed on purpose.
 */
const system = ["{cli,loadtest}/**/*.test.ts", "**/*.system.test.ts"];

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: "forks",
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{shared,master,proxy,client}/**/*.test.ts", "deploy/**/*.test.mjs"],
          exclude: system,
        },
      },
      { extends: true, test: { name: "system", include: system, exclude: ["{node_modules,dist,.cache}/**"] } },
    ],
  },
});
