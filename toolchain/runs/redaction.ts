/** What stands where a secret stood. */
export const redacted = "[redacted]";

/**
 * What looks like a secret of a cluster, or of a way to one. Each is tight enough to leave ordinary output alone:
 * certificates, hashes, addresses and versions stay.
 */
const secrets: readonly { readonly pattern: RegExp; readonly instead: string }[] = [
  {
    // A private key as PEM; one that was cut off ends where its base64 does. Decoration of a display may lead each line.
    pattern:
      /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[^]*?-----END [A-Z ]*PRIVATE KEY-----|(?:(?:\\[nr]|[\s|+~-])*[A-Za-z0-9+/=]{16,})*)/g,
    instead: redacted,
  },
  {
    // The same in base64 once more, as a kubeconfig has it. Certificates begin alike and are public.
    pattern: /LS0tLS1CRUdJTi(?!BDRVJUSUZJQ0FUR)[A-Za-z0-9+/=]+/g,
    instead: redacted,
  },
  { pattern: /(client-key-data\\?["']?\s*[:=]\s*\\?["']?)[A-Za-z0-9+/=]{8,}/g, instead: `$1${redacted}` },
  // A bootstrap token; its first half alone is public.
  { pattern: /(?<![A-Za-z0-9])[a-z0-9]{6}\.[a-z0-9]{16}(?![A-Za-z0-9])/g, instead: redacted },
  // Name and password in a URL.
  { pattern: /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/:@"']+:[^\s/@"']+@/gi, instead: `$1${redacted}@` },
];

/** A text without what looks like a private key, a bootstrap token or a password in a URL. */
export function redact(text: string): string {
  return secrets.reduce((clean, { pattern, instead }) => clean.replace(pattern, instead), text);
}
