import { stringify } from "yaml";

/** Kubeconfig of a user with comments, an entry and a current context, laid out as kubectl does. */
export const userConfig = `# my clusters
apiVersion: v1
clusters:
# work
- cluster:
    certificate-authority-data: QUJD   # shared
    server: https://work.example:6443
  name: work

contexts:
- context:
    cluster: work
    user: me
  name: work
# the context of each day
current-context: work
kind: Config
preferences: {}
users:
- name: me
  user:
    token: "secret-of-the-user"
# end
`;

/** The administrator's kubeconfig, as kubeadm writes it. */
export function adminConfig(server = "https://192.168.222.10:6443", key = "a2V5"): string {
  return stringify({
    apiVersion: "v1",
    clusters: [{ cluster: { "certificate-authority-data": "Y2E=", server }, name: "kubernetes" }],
    contexts: [{ context: { cluster: "kubernetes", user: "kubernetes-admin" }, name: "kubernetes-admin@kubernetes" }],
    "current-context": "kubernetes-admin@kubernetes",
    kind: "Config",
    preferences: {},
    users: [{ name: "kubernetes-admin", user: { "client-certificate-data": "Y2VydA==", "client-key-data": key } }],
  });
}
