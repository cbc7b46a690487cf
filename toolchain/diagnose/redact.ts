const replacements: readonly (readonly [RegExp, string])[] = [
  // A key that was cut off at either end is a secret as well.
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, "<private key>"],
  [/^(\s*(client-key-data|client-certificate-data|password|token):).*$/gm, "$1 <secret>"],
  // Bootstrap tokens, as kubeadm's own validation has them: id, full stop, secret.
  [/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g, "<token>"],
  [/\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+/g, "<token>"],
  [/\b(Bearer|token=|--token[ =])\s*[^\s"',<]+/gi, "$1 <token>"],
];

/** Takes out of a text what nobody but the operator may have: private keys, kubeconfigs' secrets and tokens. */
export function redact(text: string): string {
  return replacements.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
}
