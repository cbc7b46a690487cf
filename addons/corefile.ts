/**
 * Returns CoreDNS's configuration of a cluster. The cluster's own names come from the API, all others from the node's name
 * server, which also resolves the names of the nodes.
 */
export function corefile(clusterDomain: string): string {
  return `.:53 {
    errors
    health
    ready
    kubernetes ${clusterDomain} in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
    }
    prometheus :9153
    forward . /etc/resolv.conf
    cache 30
    reload
}
`;
}
