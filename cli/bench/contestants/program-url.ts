/** Whether `binary` of a scenario is a URL, also one that {@link addressProblem} refuses. Everything else is a path. */
export function isUrl(binary: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\//i.test(binary);
}

/**
 * Returns why a program is not downloaded from a URL; undefined where it can be. The sentence has nothing of the URL but its
 * protocol, because the rest may be a secret.
 */
export function addressProblem(url: string): string | undefined {
  if (!URL.canParse(url))
    return "its URL is invalid, expected one such as https://host/kube-scheduler. Fix: correct it";
  const { protocol, username, password, search, hash } = new URL(url);
  if (!["http:", "https:"].includes(protocol)) {
    return `its URL begins with ${protocol}, expected http: or https:. Fix: name a copy on this machine`;
  }
  const fix = "The record has the URL, and must have no secret. Fix: name a URL without it, or a copy on this machine";
  if (username !== "" || password !== "") return `its URL has a user name or a password, expected neither. ${fix}`;
  if (search !== "" || hash !== "") return `its URL has a query or a fragment, expected neither. ${fix}`;
  return undefined;
}
