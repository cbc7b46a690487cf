import { expect, test, vi } from "vitest";
import { needsGo } from "../../image/go-need.ts";
import type { ImageChoice } from "../../image/location.ts";
import type { ImageSystem } from "../../image/remembered.ts";

type Origin = ImageChoice["origin"];

test.each<readonly [boolean, boolean, Origin | undefined, ImageSystem]>([
  [true, true, undefined, "nixos"],
  [true, true, "stack", "nixos"],
  [true, false, "cache", "debian"],
  [false, false, "cache", "nixos"],
  [false, false, "stack", "debian"],
  [false, false, "environment", "debian"],
  [false, false, undefined, "debian"],
])(
  "Go is needed: %j, where plugins are built: %j, and the image is of %s and %s",
  async (needed, plugins, origin, system) => {
    const facts = {
      plugins: () => Promise.resolve(plugins),
      system: vi.fn(() => Promise.resolve({ system, reason: "" })),
    };
    expect(await needsGo(origin === undefined ? undefined : { origin }, facts)).toBe(needed);
    // The choice of a system may ask Nix, which takes seconds.
    expect(facts.system).toHaveBeenCalledTimes(!plugins && origin === "cache" ? 1 : 0);
  },
);
