/** Where a case makes what it builds. */
export interface Workshop {
  /** Empty at first; goes with the case. */
  readonly folder: string
  /** An image for every platform that there is a base of: `busybox`, or `debian` where the scenario has emulation. */
  readonly base: (name: BaseName) => Promise<string>
  /** Has Pelago push what a Dockerfile in `context` makes, and gives its reference. */
  readonly publish: (name: string, context: string, platforms: readonly string[]) => Promise<string>
  /** Files that took long to make: `make` writes them into the empty folder it is given, once a machine. */
  readonly kept: (name: string, make: (folder: string) => Promise<void>) => Promise<string>
}

export type BaseName = 'busybox' | 'debian'
