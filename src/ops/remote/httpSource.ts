import { formatCanonicalJson } from '../../ground/canonicalJson.ts'
import { digestOf, type Digest } from '../../ground/digest.ts'
import { fileNameOfUrl } from '../../ground/urlText.ts'
import type { HttpSource } from '../../graph/vertex.ts'
import type { Op, OpContext } from '../../solver/op.ts'
import type { HttpFiles } from './httpFiles.ts'
import { ChecksumMismatchError } from './remoteError.ts'

/** A file of the network as a snapshot that holds it alone. With a checksum nothing is asked of the server where the file is here already. */
export function createHttpSource(source: HttpSource, files: Pick<HttpFiles, 'fetch'>): Op {
  async function fetch(context: OpContext, signal: AbortSignal): ReturnType<HttpFiles['fetch']> {
    const file = await files.fetch(source, context, signal)
    if (source.checksum !== undefined && file.digest !== source.checksum) throw new ChecksumMismatchError(source.url, { expected: source.checksum, actual: file.digest })
    return file
  }

  return {
    async cacheMap(context, signal) {
      if (source.checksum !== undefined) return { digest: keyOf(source, { filename: nameBefore(source), digest: source.checksum, lastModified: '' }), inputs: [] }
      return { digest: keyOf(source, await fetch(context, signal)), inputs: [] }
    },
    async execute(_inputs, context, signal) {
      return [(await fetch(context, signal)).snapshot]
    },
  }
}

/** As far as can be told without the server. */
function nameBefore({ filename, url }: HttpSource): string {
  return filename === '' ? (fileNameOfUrl(url) ?? '') : filename
}

interface KeyedFile {
  readonly filename: string
  readonly digest: Digest
  readonly lastModified: string
}

function keyOf({ mode, uid, gid, authHeaderSecret, headers }: HttpSource, { filename, digest, lastModified }: KeyedFile): Digest {
  return digestOf(formatCanonicalJson({ kind: 'http', filename, mode, uid, gid, digest, lastModified, authHeaderSecret, ...(headers !== undefined && { headers }) }))
}
