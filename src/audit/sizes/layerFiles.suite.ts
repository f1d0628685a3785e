import { writeTar } from '../../archive/tarWriter.ts'
import type { TarEntry } from '../../archive/tar.ts'
import { asByteString, fromText } from '../../kit/byteString.ts'
import { readLayerFiles, type LayerFiles } from './layerFiles.ts'

/** For tests: a layer by path. `/` at the end is a folder, `=> PATH` a hard link, `-> PATH` a symbolic one; anything else is a file's content. */
export async function makeLayer(files: Readonly<Record<string, string | Uint8Array>>): Promise<LayerFiles> {
  return await readLayerFiles(writeTar(entries(files)), 1000, new AbortController().signal)
}

async function* entries(files: Readonly<Record<string, string | Uint8Array>>): AsyncGenerator<TarEntry> {
  for (const [path, value] of Object.entries(files)) {
    const [, arrow, target = ''] = typeof value === 'string' ? (/^([=-])> (.*)$/.exec(value) ?? []) : []
    const kind = path.endsWith('/') ? 'folder' : arrow === '=' ? 'hardlink' : arrow === '-' ? 'symlink' : 'file'
    const content = kind === 'file' ? Buffer.from(value as string) : Buffer.alloc(0)
    yield {
      header: { kind, path: fromText(path.replace(/\/$/, '')), mode: 0o644, uid: 0, gid: 0, sizeBytes: content.byteLength, mtimeNs: 0n, linkTarget: asByteString(target), deviceMajor: 0, deviceMinor: 0, xattrs: new Map() },
      content: once(content),
    }
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes
}
