/** Number of hexadecimal digits by which names, labels and descriptions tell SHA-256 digests apart. */
export const shortDigits = 12;

/** First {@link shortDigits} digits of a SHA-256 in hexadecimal. */
export function shortDigest(digest: string): string {
  return digest.slice(0, shortDigits);
}
