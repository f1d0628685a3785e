/** What one run took. */
export interface Sample {
  readonly wallMs: number
  /** User and system time of all processes of the builder, its daemon and its steps; undefined where nobody can tell. */
  readonly cpuMs: number | undefined
  /** Memory that the same processes had at the worst moment, less what the kernel can take back; undefined likewise. */
  readonly peakBytes: number | undefined
}

export type Measure = keyof Sample

export const MEASURES: readonly Measure[] = ['wallMs', 'cpuMs', 'peakBytes']
