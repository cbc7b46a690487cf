const body = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gt";
const short = "c2VjcmV0LWVuZA==";
const begin = "-----BEGIN OPENSSH PRIVATE KEY-----";
const end = "-----END OPENSSH PRIVATE KEY-----";
const inBase64 = (text: string) => Buffer.from(text).toString("base64");
const wrapped = (text: string) => inBase64(text).replace(/.{76}/g, "$&\n");
const token = "abcdef.0123456789abcdef";
const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl";
const row = (text: string) => `Nov 26 00:30:00 worker-node-1 cloud-init[712]: ${text}`;

/** Secrets that no record and no diagnosis may contain: name, text with the secret, expected text. */
export const withSecrets: readonly (readonly [string, string, string])[] = [
  ["a private key", `key:\n${begin}\n${body}\n${body}\n${end}\nafter`, "key:\n[redacted]\nafter"],
  ["one in JSON", `{"key":"${begin}\\n${body}\\n${end}\\n"}`, '{"key":"[redacted]\\n"}'],
  ["one in JSON in JSON", `"{\\"key\\":\\"${begin}\\\\n${body}\\\\n${end}\\"}"`, '"{\\"key\\":\\"[redacted]\\"}"'],
  ["one without a kind", `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----`, "[redacted]\n"],
  ["one in the rows of a display", `  | ${begin}\n  | ${body}\n  | ${end}\n`, "  | [redacted]\n"],
  [
    "one in a journal",
    [begin, body, short, end, "done"].map(row).join("\n"),
    [row("[redacted]"), row("done")].join("\n"),
  ],
  [
    "an encrypted one",
    `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n${body}\n${short}\n-----END RSA PRIVATE KEY-----\nok`,
    "[redacted]\nok",
  ],
  ["one that was cut off", `${begin}\n${body}\n${body}\nerror: it failed`, "[redacted]\nerror: it failed"],
  ["one that was cut off within JSON", `{"key":"${begin}\\n${body}\\n${body}`, '{"key":"[redacted]'],
  ["one whose beginning was left out", `of a node\n${body}\n${short}\n${end}\nok`, "of a node\n[redacted]\nok"],
  [
    "two, and what is between",
    `${begin}\n${body}\n${end}\nok\n${begin}\n${body}\n${end}\n`,
    "[redacted]\nok\n[redacted]\n",
  ],
  ["two in a line", `${begin}\\n${body}\\n${end} ok ${begin}\\n${body}\\n${end}`, "[redacted] ok [redacted]"],
  [
    "a private key in base64",
    `data ${inBase64(`-----BEGIN RSA PRIVATE KEY-----\n${body}`)} end`,
    "data [redacted] end",
  ],
  ["an EC key in base64", inBase64(`-----BEGIN EC PRIVATE KEY-----\n${body}`), "[redacted]"],
  [
    "one in base64 that was wrapped",
    `key\n${wrapped(`${begin}\n${body}\n${body}\n${end}`)}\nnext one`,
    "key\n[redacted]\nnext one",
  ],
  ["client key data of any kind", `client-key-data: ${body}=\nnext`, "client-key-data: [redacted]\nnext"],
  ["the same in a list", `- client-key-data: ${body}=`, "- client-key-data: [redacted]"],
  ["the same in JSON", `{"client-key-data":"${body}"}`, '{"client-key-data":"[redacted]"}'],
  [
    "the same in JSON in JSON",
    `"{\\"client-key-data\\": \\"${body}\\"}"`,
    '"{\\"client-key-data\\": \\"[redacted]\\"}"',
  ],
  ["a bootstrap token", `kubeadm join --token ${token} --x`, "kubeadm join --token [redacted] --x"],
  ["one in JSON", `"token": "${token}"`, '"token": "[redacted]"'],
  ["one at the end of a sentence", `refused ${token}.`, "refused [redacted]."],
  [
    "the halves of one",
    "  token-id: abcdef\n  token-secret: 0123456789abcdef",
    "  token-id: abcdef\n  token-secret: [redacted]",
  ],
  ["any other token", "kubectl --token c2VjcmV0 get pods", "kubectl --token [redacted] get pods"],
  ["the same as a list", '["--discovery-token","c2VjcmV0","--x"]', '["--discovery-token","[redacted]","--x"]'],
  ["the key of kubeadm's certificates", `--certificate-key ${"0f".repeat(32)} --x`, "--certificate-key [redacted] --x"],
  ["the same in its configuration", `certificateKey: ${"0f".repeat(32)}`, "certificateKey: [redacted]"],
  ["a token of a service account", `refused ${jwt}: expired`, "refused [redacted]: expired"],
  ["a header", "Authorization: Bearer c2VjcmV0.x", "Authorization: [redacted]"],
  [
    "a header that a command was given",
    `curl -H "Authorization: Basic c2VjcmV0" url`,
    'curl -H "Authorization: [redacted]" url',
  ],
  ["a bearer's token alone", "sent Bearer c2VjcmV0Zm9v9 to it", "sent Bearer [redacted] to it"],
  ["a password in a URL", "https://me:pass@host/node.qcow2", "https://[redacted]@host/node.qcow2"],
  ["one with an @", "https://me:p@ss@host/node.qcow2", "https://[redacted]@host/node.qcow2"],
  ["one without a name", "redis://:pass@host/0", "redis://[redacted]@host/0"],
  ["a token in a URL", `https://${"a1".repeat(12)}@host/repository`, "https://[redacted]@host/repository"],
  [
    "a field of a query",
    "https://host/x?access_token=c2VjcmV0&page=2",
    "https://host/x?access_token=[redacted]&page=2",
  ],
  [
    "the stack's passphrase",
    "PULUMI_CONFIG_PASSPHRASE=correct-horse pulumi up",
    "PULUMI_CONFIG_PASSPHRASE=[redacted] pulumi up",
  ],
  [
    "the same in quotation marks",
    "export PULUMI_CONFIG_PASSPHRASE='correct horse'",
    "export PULUMI_CONFIG_PASSPHRASE='[redacted]'",
  ],
  [
    "keys of a cloud",
    "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=wJalr/K7MDENG",
    "AWS_ACCESS_KEY_ID=[redacted] AWS_SECRET_ACCESS_KEY=[redacted]",
  ],
  [
    "tokens that name their issuer",
    `PULUMI: pul-${"0a".repeat(20)}, ghp_${"a1".repeat(18)}`,
    "PULUMI: [redacted], [redacted]",
  ],
  ["a password of YAML", "  password: correct horse", "  password: [redacted]"],
  ["one in JSON with a quotation mark", '{"password":"a\\"b c","user":"me"}', '{"password":"[redacted]","user":"me"}'],
  ["one that was cut off", '{"password":"correct ho', '{"password":"[redacted]"'],
  ["one within a line of a journal", row("dbPassword: hunter2 was wrong"), row("dbPassword: [redacted] was wrong")],
  ["one of many lines", "password: |\n  correct\n  horse\nuser: me", "password: [redacted]\nuser: me"],
  [
    "one in a pod's environment",
    "- name: DB_PASSWORD\n  value: hunter\n- name: X",
    "- name: DB_PASSWORD\n  value: [redacted]\n- name: X",
  ],
  ["the same in JSON", '{"name":"DB_PASSWORD","value":"hunter"}', '{"name":"DB_PASSWORD","value":"[redacted]"}'],
  [
    "a key that etcd is encrypted with",
    `      - name: key1\n        secret: ${short}`,
    "      - name: key1\n        secret: [redacted]",
  ],
  ["logins of a registry", '{"auths":{"host":{"auth":"bWU6cGFzcw=="}}}', '{"auths":{"host":{"auth":"[redacted]"}}}'],
];

/** Texts that a record and a diagnosis keep unchanged. */
export const withoutSecrets: readonly (readonly [string, string])[] = [
  ["a certificate", `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----`],
  ["a certificate in base64", `certificate-authority-data: ${inBase64(`-----BEGIN CERTIFICATE-----\n${body}`)}`],
  ["one that was wrapped", wrapped(`-----BEGIN CERTIFICATE-----\n${body}\n${body}`)],
  ["a public key", `ssh-ed25519 ${body} operator`],
  ["the public half of a token", "secret bootstrap-token-abcdef in kube-system"],
  ["a hash", `sha256:${"0123456789abcdef".repeat(4)}`],
  ["the hash of a CA", `--discovery-token-ca-cert-hash sha256:${"0f".repeat(32)}`],
  ["a longer word around a token's form", "xabcdef.0123456789abcdef and abcdef.0123456789abcdef0"],
  ["addresses and versions", "https://192.168.222.10:6443 v1.36.3 10.244.0.0/16 qemu+ssh://me@host/system"],
  ["a mark Pulumi made", "kubeconfig: [secret]"],
  ["the word", "the private key at /root/.ssh/id_ed25519 cannot be read: no client-key-data"],
  [
    "a setting",
    "automountServiceAccountToken: false\ntokenTtlMinutes: 15\nsecretName: db\nPULUMI_CONFIG_PASSPHRASE_FILE=/x",
  ],
  ["a sentence about tokens", "invalid bearer token, token lookup failed; the token: it has expired"],
  ["a secret that is missing", 'MountVolume.SetUp failed for volume "x" : secret "db-password" not found'],
  ["a node that is not ready", "worker-node-1: Ready=False KubeletNotReady: container runtime network not ready"],
  ["a refused connection", "dial tcp 192.168.222.10:6443: connect: connection refused"],
  ["blank lines", "one\n\n\ntwo\n"],
];
