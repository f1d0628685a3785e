/** What can be looked at of a registry; in the order it is looked at. */
export type Ability =
  | 'reachable' | 'TLS' | 'API version' | 'clock' | 'login' | 'tokens' | 'rate limit'
  | 'pull' | 'push' | 'HEAD' | 'ranges' | 'referrers API'
  | 'uploads' | 'chunked uploads' | 'mounts'
  | 'OCI manifest' | 'OCI index' | 'nested index' | 'Docker manifest' | 'Docker list' | 'artifacts' | 'zstd layers' | 'delete'

export interface Observation {
  readonly ability: Ability
  /** `poor`: it is there, and something about it is not as it should be. `unknown`: it could not be found out. */
  readonly outcome: 'yes' | 'poor' | 'no' | 'unknown'
  /** What was seen, in lower case. */
  readonly detail: string
  /** What the error says that can be done; undefined where it is no error, or says nothing. */
  readonly hint: string | undefined
}

export function observe(ability: Ability, outcome: Observation['outcome'], detail: string, hint?: string): Observation {
  return { ability, outcome, detail, hint }
}

/** A manifest or blob of the probe's that the registry did not let go. */
export interface LeftBehind {
  readonly kind: 'manifest' | 'blob'
  readonly digest: string
  readonly sizeBytes: number
}
