/** One entry of a file tree, as fsutil's `Stat` has it (types/stat.proto), in Linux's terms. */
export interface FileStat {
  /** Relative, with `/`, no leading one. */
  readonly path: string
  /** st_mode: type and permission bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly sizeBytes: number
  readonly mtimeNs: bigint
  /** Target of a symbolic link; of a regular file: the earlier path it is a hard link to, '' where it is none. */
  readonly linkTarget: string
  readonly deviceMajor: number
  readonly deviceMinor: number
  readonly xattrs: ReadonlyMap<string, Uint8Array>
}

/** A tree that can be sent. */
export interface TreeSource {
  /** Parents before children, siblings by name in byte order with `/` lowest. */
  walk(signal: AbortSignal): AsyncIterable<FileStat>
  /** The content of a regular file that `walk` gave. */
  read(path: string, signal: AbortSignal): AsyncIterable<Uint8Array>
}

/** What takes a tree that comes in. */
export interface TreeReceiver {
  /** Called in the order of the walk. Says whether the content of a regular file is wanted. */
  entry(stat: FileStat): Promise<'content' | 'no-content'>
  /** Called for each file that was wanted, several at once; before `end`. */
  content(stat: FileStat, chunks: AsyncIterable<Uint8Array>): Promise<void>
  end(): Promise<void>
}

/** Which part of a client's folder is asked for. */
export interface TreeFilter {
  readonly includePatterns: readonly string[]
  readonly excludePatterns: readonly string[]
  readonly followPaths: readonly string[]
}
