/**
 * CoreDNS's configuration for a cluster: its own names from the API, all others from the node's name server, which also
 * knows the nodes by name.
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
