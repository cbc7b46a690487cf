import { describe, expect, it } from "vitest";
import { refuseAlikeImages } from "../../preflight/image-digests.ts";
import { deriveTopology } from "../../topology.ts";
import { priorStateOf } from "../support/prior-state.ts";
import { configWith, imageSha256 } from "../support/settings.ts";

describe("an image whose digest begins like the digest of another image in the stack", () => {
  const topology = deriveTopology(configWith());
  const check = (sha256: string) => () =>
    refuseAlikeImages(
      "dev",
      topology,
      priorStateOf({ [`baseImage dev-base-${imageSha256.slice(0, 12)}`]: { sha256 } }),
    );

  it("is refused with both digests", () => {
    const other = imageSha256.slice(0, 12) + "0".repeat(52);
    expect(check(other)).toThrow(`has SHA-256 ${imageSha256}, and the cluster has another one, ${other}`);
    expect(check(other)).toThrow("agree in their first 12 digits");
  });

  it("is accepted when it is that image", () => {
    expect(check(imageSha256)).not.toThrow();
  });
});
