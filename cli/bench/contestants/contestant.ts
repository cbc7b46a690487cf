/** A scheduler that is ready to run on the control plane. */
export interface Contestant {
  readonly name: string;
  /** KubeSchedulerConfiguration as JSON, with the common client limits. */
  readonly configuration: string;
  /** Absolute path of its program on this machine; undefined for the shipped kube-scheduler. */
  readonly binary?: string;
  /** SHA-256 of its program; undefined for the shipped one. */
  readonly binarySha256?: string;
  /** Output of `go version -m`, where the program has any. */
  readonly modules?: string;
  /** Further arguments: verbosity and feature gates. */
  readonly arguments: readonly string[];
}
