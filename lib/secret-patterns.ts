/** Text that replaces a secret. */
export const redacted = "[redacted]";

/** End of a secret's name, in YAML, JSON, environments, options and queries of URLs alike. */
const name =
  "(?:pass(?:word|wd|phrase|code)|secret|token|dockerconfigjson|credentials?|client-key-data|" +
  "(?:access|api|auth|certificate|encryption|private|secret|signing)[_-]?key)";

/** Beginning of a longer name. Its length is bounded, so that the search stays linear. */
const start = "[A-Za-z0-9_.-]{0,64}?";

/** Excludes values that reveal nothing, such as one that was redacted already. */
const telling = String.raw`(?!(?:true|false|null|none|undefined)\b|\[[a-z]+\]|\*{3}|<[a-z ]+>)`;

/** After a name: whether it is the name of an option. */
const ofOption = "(?<=--[A-Za-z0-9-]{0,80})";

/** Prefix of a member of YAML: its margin, the dash of a list, the decoration of a display. */
const margin = String.raw`[\s|>+~-]{0,200}`;

/** Quotation mark, escaped any number of times. */
const mark = String.raw`\\*["']?`;

const gap = String.raw`\s{0,8}`;

/** Value in quotation marks, after `count` groups. A value without a closing mark ends with its line. */
function inMarks(count: number): string {
  const closing = `\\${count + 1}\\${count + 2}`;
  return String.raw`(\\*)(["'])${telling}(?!${closing})(?:.*?(?<!\\)${closing}|.*)`;
}

const quoted = `$1$2$3${redacted}$2$3`;
const bare = `$1${redacted}`;

/**
 * Patterns of secrets within a line, each with its replacement. Each is tight enough to keep ordinary output: certificates,
 * hashes, addresses and versions stay. No search visits the same text repeatedly, because every repetition is bounded, begins
 * at a fixed word, or consumes the text.
 */
export const secrets: readonly (readonly [RegExp, string])[] = [
  // A private key in base64, as in a kubeconfig. Certificates begin alike and are public.
  [/LS0tLS1CRUdJTi(?!BDRVJUSUZJQ0FUR)[A-Za-z0-9+/=]+/g, redacted],
  [/(client-key-data\s{0,8}[:=]\s{0,8})[A-Za-z0-9+/=]{8,}/g, bare],
  // Name and password in a URL. A password may contain another @.
  [/(:\/\/)[^\s/:@"'\\]{0,256}:[^\s/"'\\]{1,1024}@/g, `$1${redacted}@`],
  // A token in place of the name in a URL; names are shorter.
  [/(https?:\/\/)[^\s/:@"'\\]{20,1024}@/gi, `$1${redacted}@`],
  // Headers of HTTP. In a sentence about bearer tokens, a word follows.
  [/(\b(?:authorization|cookie)\\*["']?\s{0,8}[:=]\s{0,8}\\*["']?)[^"'\\]+/gi, bare],
  [/(\b(?:bearer|basic)\s{1,8})(?=[A-Za-z~+/_-]{0,256}[\d.=])[\w.~+/=-]{8,}/gi, bare],
  // The logins of a container registry.
  [new RegExp(String.raw`(["']auth\\*["']${gap}:${gap})${inMarks(1)}`, "gi"), quoted],
  // An option and its value, in one word, two words, or two elements of a list.
  [new RegExp(String.raw`(${name}${ofOption}(?:=|\s{1,8}))${inMarks(1)}`, "gi"), quoted],
  [
    new RegExp(String.raw`(${name}${ofOption}(?:=|\s{1,8}|\\*["'],${gap}\\*["']))(?!-)${telling}[^\s"'\\,]+`, "gi"),
    bare,
  ],
  // A name and its value as two members of an object, as in the environment of a pod.
  [
    new RegExp(
      String.raw`(\bname${mark}${gap}:${gap}${mark}${start}${name}${mark}${gap},${gap}${mark}value${mark}${gap}:${gap})${inMarks(1)}`,
      "gi",
    ),
    quoted,
  ],
  // A member or a variable whose value is in quotation marks.
  [new RegExp(String.raw`(${name}${mark}${gap}[:=]${gap})${inMarks(1)}`, "gi"), quoted],
  // A member of YAML on a line of its own, also in a list or in a row of a display.
  [new RegExp(String.raw`^(${margin}["']?${start}${name}["']?${gap}:\s{1,8})${telling}[^\s"'\\].*`, "gi"), bare],
  // A variable, or a field of a query.
  [new RegExp(String.raw`(${name}=)${telling}[^\s"'\\&;,]+`, "gi"), bare],
  // Elsewhere in a line: a value with a digit, because a word of a sentence has none.
  [
    new RegExp(String.raw`(${name}${mark}${gap}:${gap})${telling}(?=[^\s"'\\,;\d]{0,256}\d)[^\s"'\\,;]{6,}`, "gi"),
    bare,
  ],
  // A bootstrap token, by kubeadm's own validation. Its first half alone is public.
  [/(?<![A-Za-z0-9])[a-z0-9]{6}\.[a-z0-9]{16}(?![A-Za-z0-9])/g, redacted],
  // A JSON web token, such as that of a service account.
  [/(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}(?:\.[\w-]*)?/g, redacted],
  // Tokens whose prefix names their issuer: AWS, GitHub, GitLab, Google, npm, Pulumi, Slack, age.
  [
    /(?<![A-Za-z0-9])(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_\w{30,}|github_pat_\w{30,}|glpat-[\w-]{20,}|AIza[\w-]{35}|npm_[A-Za-z0-9]{36}|pul-[0-9a-f]{40}|xox[a-z]-[\w-]{10,}|AGE-SECRET-KEY-1[0-9A-Z]{50,})/g,
    redacted,
  ],
];

/** Whether a word, such as the key of an object, is the name of a secret. */
export function isSecretName(word: string): boolean {
  return endsWithName.test(word);
}

const endsWithName = new RegExp(`${name}$`, "i");

/** Line that names a secret whose value is on the next line, as in the environment of a pod in YAML. */
export const nameAlone = new RegExp(String.raw`^${margin}name:\s{1,8}["']?${start}${name}["']?\s*$`, "i");

/** Line that names a secret whose value is the following block with a deeper margin. The first group is its own margin. */
export const blockBegin = new RegExp(
  String.raw`^([\s|]{0,200})(?:-\s{1,8})?["']?${start}${name}["']?${gap}:\s{1,8}[|>][+-]?\d?[+-]?\s*$`,
  "i",
);
