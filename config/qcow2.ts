/** What a qcow2 image's header says, as far as it decides whether nodes may start from it. */
export interface Qcow2Header {
  /** Why the image must not be used, as what was wanted instead; undefined when it may. */
  readonly wanted?: string;
  /** Size in bytes of the disk that a guest sees; 0 where the header cannot be read. */
  readonly virtualBytes: number;
}

/** Bytes of the header that are looked at: those that every version 3 has (QEMU's docs/interop/qcow2.rst). */
export const headerBytes = 104;

const magic = 0x514649fb;

/** Incompatible features that are harmless: the compression type, and extended L2 entries. */
const harmless = 0b11000n;
const externalData = 1n << 2n;

/**
 * Reads the header of a qcow2 image.
 *
 * An image may name a backing file or a data file anywhere on the machine that opens it. That is the hypervisor, as root:
 * the file of another user would become part of a node's disk. So only an image that stands alone is taken.
 */
export function readQcow2(bytes: Buffer): Qcow2Header {
  if (bytes.length < 8 || bytes.readUInt32BE(0) !== magic) return { wanted: "a qcow2 image", virtualBytes: 0 };
  const version = bytes.readUInt32BE(4);
  if (version !== 2 && version !== 3) return { wanted: "a qcow2 image of version 2 or 3", virtualBytes: 0 };
  if (bytes.length < (version === 2 ? 72 : headerBytes)) return { wanted: "a whole qcow2 image", virtualBytes: 0 };
  const wanted = problemOf(bytes, version === 2 ? 0n : bytes.readBigUInt64BE(72));
  return { ...(wanted === undefined ? {} : { wanted }), virtualBytes: Number(bytes.readBigUInt64BE(24)) };
}

function problemOf(bytes: Buffer, features: bigint): string | undefined {
  if (bytes.readBigUInt64BE(8) !== 0n) return "a qcow2 image without a backing file (`qemu-img convert` makes one)";
  if ((features & externalData) !== 0n)
    return "a qcow2 image without an external data file (`qemu-img convert` makes one)";
  if (bytes.readUInt32BE(32) !== 0) return "a qcow2 image without encryption";
  if ((features & ~harmless) !== 0n) return "a qcow2 image that is undamaged and of known features (`qemu-img check`)";
  return undefined;
}
