import { imageTransfer } from "../image/download.ts";
import { chooseImage, isUrl, type ImageReference } from "../image/location.ts";
import { builtImageTransfer } from "../image/provide.ts";
import type { Transfer } from "../lib/transfers.ts";
import type { StackSettings } from "./stack/settings.ts";

/**
 * Returns the transfers of the node images of a stack. They are the images that it names by URL, and the modules of an image
 * that this machine builds.
 */
export function nodeImageTransfers(settings: Pick<StackSettings, "get" | "objects">): readonly Transfer[] {
  const { get, objects } = settings;
  const named = [
    { source: get("image"), sha256: get("imageSha256") },
    ...objects("workerPools").map(({ image, imageSha256 }) => ({ source: text(image), sha256: text(imageSha256) })),
  ];
  const byUrl = named.filter(({ source }) => isUrl(source)).map(asConfigured);
  return [...byUrl.map((image) => imageTransfer(image)), builtImageTransfer(chooseImage(get("image")))];
}

/** The configuration accepts capital digits. */
function asConfigured({ source, sha256 }: ImageReference): ImageReference {
  return { source, sha256: sha256.toLowerCase() };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
