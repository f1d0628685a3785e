/**
 * Blocks of archives that were compressed before. Whoever compresses asks for each block by a name that tells all that
 * its compressed bytes depend on, and so gives the same bytes with kept blocks and without.
 */
export interface KeptBlocks {
  /** Tells blocks apart by all their bytes: nobody can make two of one name. */
  nameOf(block: Uint8Array): string
  /** Undefined where it is not known, or not whole any more. Good until `FOUND_BLOCKS` more are asked for. @throws the reason of an abort */
  find(name: string): Promise<KeptBlock | undefined>
  /** Tells of each block of the output where it stands. */
  note(block: NotedBlock): void
}

/** As many blocks as anybody who compresses has at hand at once, and more. */
export const FOUND_BLOCKS = 8

export interface KeptBlock {
  readonly packed: Uint8Array
  /** What was noted with it, of the bytes before they were packed: a whole number that a `number` holds. */
  readonly checksum: number
}

export interface NotedBlock extends KeptBlock {
  readonly name: string
  /** In the compressed stream. */
  readonly offset: number
  /** Its buffer is used again after the call. */
  readonly packed: Uint8Array
}
