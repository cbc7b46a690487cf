import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Runs the soak first, because it takes longer than any other file of its tier. */
class SoakFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isSoak = ({ moduleId }: TestSpecification) => moduleId.endsWith("/test/engine/soak.test.ts");
    return [...sorted.filter(isSoak), ...sorted.filter((file) => !isSoak(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: SoakFirst },
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
          exclude: ["crash-matrix", "go-modules", "journal", "soak-model", "soak-objects"].map(
            (name) => `test/engine/${name}.test.ts`,
          ),
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
