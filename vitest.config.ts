import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/engine/**", "test/e2e/**"],
          // The import of the Kubernetes SDK takes seconds on a busy machine.
          testTimeout: 30_000,
          hookTimeout: 30_000,
          // Many cases wait for other processes, so one file for each processor would leave processors without work.
          maxWorkers: availableParallelism() + 2,
        },
      },
      {
        // The real engine. Every case starts processes and writes a state of its own.
        test: {
          name: "engine",
          include: ["test/engine/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // A case waits for other processes half of its time, so two files at a time use two processors.
          maxWorkers: 2,
        },
      },
      {
        // The engine tier with the state in a journal: `npm run test:engine:nightly`.
        test: {
          name: "engine-journal",
          include: ["test/engine/**/*.test.ts"],
          // Their cases choose the journal themselves or have no stack, so this project would only repeat them.
          exclude: ["crash-matrix", "go-modules", "journal", "soak-model"].map((name) => `test/engine/${name}.test.ts`),
          env: { NODEFORGE_JOURNAL: "on" },
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
        },
      },
      {
        // Engine cases that are too long for every change: `npm run test:engine:nightly`.
        test: {
          name: "engine-nightly",
          include: ["test/engine/**/*.nightly.ts"],
          testTimeout: 1_200_000,
          hookTimeout: 300_000,
          // The crash matrix has several files, each with a stack of its own.
          maxWorkers: 2,
        },
      },
      {
        // Real machines. Many cases share one cluster, so they run in order.
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 1_800_000,
          hookTimeout: 3_600_000,
          fileParallelism: false,
          sequence: { concurrent: false },
        },
      },
      {
        // End-to-end cases that are too long for every change: `npm run test:e2e:nightly`.
        test: {
          name: "e2e-nightly",
          include: ["test/e2e/**/*.nightly.ts"],
          testTimeout: 3_600_000,
          hookTimeout: 3_600_000,
          fileParallelism: false,
          sequence: { concurrent: false },
        },
      },
    ],
  },
});
