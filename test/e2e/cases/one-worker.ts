import { expect } from "vitest";

/** Expects that of what a preview announces, all that is created, or deleted, is exactly what one worker is made of. */
export function expectOneWorker(announced: readonly string[], verb: "create" | "delete", name: string): void {
  const own = announced.filter((operation) => operation.startsWith(`${verb} `));
  const types = ["Volume", "Volume", "Domain", "Command", "Command", "Command", "Command"];
  expect(own.map((operation) => operation.split(" ")[1]).sort()).toEqual(types.sort());
  expect(own.every((operation) => operation.includes(`e2e-${name}`))).toBe(true);
  const others = announced.filter(
    (operation) => /^(create|delete|replace) /.test(operation) && !own.includes(operation),
  );
  expect(others).toEqual([]);
}
