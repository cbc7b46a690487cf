import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cacheRoot } from "../../lib/cache-root.ts";

test.each([
  [{ NODEFORGE_CACHE: "/a", XDG_CACHE_HOME: "/b" }, "/a"],
  [{ XDG_CACHE_HOME: "/b" }, "/b/nodeforge"],
  [{}, join(homedir(), ".cache", "nodeforge")],
])("the cache with the environment %o is %s", (environment, expected) => {
  expect(cacheRoot(environment)).toBe(expected);
});
