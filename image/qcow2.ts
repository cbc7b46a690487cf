/** What a qcow2 image's header says, as far as it decides whether nodes may start from it. */
export interface Qcow2Header {
  /** Why the image must not be used, as what was wanted instead; undefined when it may. */
  readonly wanted?: string;
  /** Size in bytes of the disk that a guest sees; 0 where the header cannot be read. */
  readonly virtualBytes: number;
}

/** Bytes that hold a whole header with its extensions: QEMU keeps them in one cluster, of at most 2 MiB (docs/interop/qcow2.rst). */
export const headerBytes = 2 << 20;

/** Bytes of the header itself, by version. */
const ownBytes = { 2: 72, 3: 104 } as const;

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
  if (bytes.length < ownBytes[version]) return { wanted: "a whole qcow2 image", virtualBytes: 0 };
  const features = version === 2 ? 0n : bytes.readBigUInt64BE(72);
  const end = version === 2 ? ownBytes[2] : bytes.readUInt32BE(100);
  const wanted = problemOf(bytes, features) ?? problemOfExtensions(bytes, end);
  return { ...(wanted === undefined ? {} : { wanted }), virtualBytes: Number(bytes.readBigUInt64BE(24)) };
}

const withoutDataFile = "a qcow2 image without an external data file (`qemu-img convert` makes one)";

/** Header extensions that lead out of the file, or say that it is encrypted. */
const extensions: Readonly<Record<number, string>> = {
  0x44415441: withoutDataFile,
  0x0537be77: "a qcow2 image without encryption",
};

function problemOf(bytes: Buffer, features: bigint): string | undefined {
  if (bytes.readBigUInt64BE(8) !== 0n || bytes.readUInt32BE(16) !== 0)
    return "a qcow2 image without a backing file (`qemu-img convert` makes one)";
  if ((features & externalData) !== 0n) return withoutDataFile;
  if (bytes.readUInt32BE(32) !== 0) return "a qcow2 image without encryption";
  const clusterBits = bytes.readUInt32BE(20);
  if (clusterBits < 9 || clusterBits > 21) return "a qcow2 image with clusters of 512 bytes to 2 MiB";
  if (bytes.readBigUInt64BE(24) === 0n) return "a qcow2 image of a disk that is not empty";
  if ((features & ~harmless) !== 0n) return "a qcow2 image that is undamaged and of known features (`qemu-img check`)";
  return undefined;
}

/** Each extension has a type, a length and a content that is padded to eight bytes; type 0 ends them. */
function problemOfExtensions(bytes: Buffer, from: number): string | undefined {
  const last = Math.min(bytes.length, 2 ** bytes.readUInt32BE(20));
  for (let at = from; at + 8 <= last;) {
    const type = bytes.readUInt32BE(at);
    if (type === 0) return undefined;
    if (extensions[type] !== undefined) return extensions[type];
    at += 8 + Math.ceil(bytes.readUInt32BE(at + 4) / 8) * 8;
  }
  return undefined;
}
