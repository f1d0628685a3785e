import type { TreeSource } from '../api/fileSync.ts'

/** Where a build's client takes what an exporter sends it, in one session. `daemon` fills it in. */
export interface ClientFiles {
  /** One stream of bytes, whose chunks stay as they are: one is still sent while the next is made. BuildKit's FileSend. `exporterIndex` counts the exporters of the solve. Resolves when the client has it all. */
  sendTar(exporterIndex: number, metadata: ReadonlyMap<string, string>, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>
  /** Files, into the client's folder. Several calls may run at once for one exporter. */
  sendTree(exporterIndex: number, metadata: ReadonlyMap<string, string>, tree: TreeSource, signal: AbortSignal): Promise<void>
}
