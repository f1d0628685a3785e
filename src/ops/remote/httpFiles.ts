import { formatCanonicalJson } from '../../ground/canonicalJson.ts'
import { digestOf, type Digest } from '../../ground/digest.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { fileNameOfUrl, redactUrls, toFileName } from '../../ground/urlText.ts'
import type { HttpSource } from '../../graph/vertex.ts'
import { fromText } from '../../kit/byteString.ts'
import type { ContentHasher } from '../../snapshot/contentHash.ts'
import type { SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { OpContext } from '../../solver/op.ts'
import type { ClientSecrets } from './clientSecrets.ts'
import { uploadPath, type ClientUploads } from './clientUploads.ts'
import { downloadFile, type DownloadSink, type DownloadTools, type FileAnswer, type Validators } from './httpDownload.ts'
import type { HttpFile, HttpRecords } from './httpRecords.ts'
import { createPerSession } from './perSession.ts'
import { openReceivedFile } from './receivedFile.ts'
import { createTransferReport } from '../transferReport.ts'

export interface HttpFilesDeps extends DownloadTools {
  readonly snapshots: SnapshotStore
  readonly records: HttpRecords
  readonly hasher: Pick<ContentHasher, 'seed'>
  readonly secrets: ClientSecrets
  readonly uploads: ClientUploads
  readonly now: () => number
}

/** Files of the network, as they are now. */
export interface HttpFiles {
  /** Downloads it, unless it is here and the server says that it is the same; once in a session. Where the source has a checksum, a file here that has it is taken without asking. @throws RemoteSourceError; HttpConnectionError */
  fetch(source: HttpSource, context: OpContext, signal: AbortSignal): Promise<HttpFile>
  /** What the session's build has found it to be; undefined where it has not looked. */
  foundDigest(source: HttpSource, sessionId: string): Promise<Digest | undefined>
}

export function createHttpFiles(deps: HttpFilesDeps): HttpFiles {
  const found = createPerSession<HttpFile>()
  return {
    fetch(source, context, signal) {
      const request = requestDigest(source)
      return found.once({ sessionId: context.sessionId, key: request }, () => fetchFile(source, { deps, request, context }, signal), signal)
    },
    foundDigest: async (source, sessionId) => source.checksum ?? (await found.known({ sessionId, key: requestDigest(source) }))?.digest,
  }
}

/** Of all that a file depends on but for what the server says. */
function requestDigest({ url, filename, mode, uid, gid, authHeaderSecret, headers }: HttpSource): Digest {
  return digestOf(formatCanonicalJson({ url, filename, mode, uid, gid, authHeaderSecret, ...(headers !== undefined && { headers }) }))
}

interface Fetching {
  readonly deps: HttpFilesDeps
  readonly request: Digest
  readonly context: OpContext
}

async function fetchFile(source: HttpSource, { deps, request, context }: Fetching, signal: AbortSignal): Promise<HttpFile> {
  const { records, snapshots } = deps
  const recorded = records.get(request)
  const known = recorded !== undefined && snapshots.touch(recorded.snapshot) ? recorded : undefined
  if (known !== undefined && known.digest === source.checksum) return known
  const file = await bringFile(source, { deps, context, known: known?.digest === source.checksum || source.checksum === undefined ? known : undefined }, signal)
  if (uploadPath(source.url) === undefined) records.put(request, file) // what comes from a client's input has no name in the next build
  return file
}

interface Bringing {
  readonly deps: HttpFilesDeps
  readonly context: OpContext
  readonly known: HttpFile | undefined
}

/** Into a snapshot of its own, which is there when all of the file is. */
async function bringFile(source: HttpSource, { deps, context, known }: Bringing, signal: AbortSignal): Promise<HttpFile> {
  await using layer = await deps.snapshots.openMutable(undefined, signal)
  using file = openReceivedFile(layer.path, source)
  const report = createTransferReport(redactUrls(source.url), context, deps.now)
  let validators: Validators = { etag: '', lastModified: '' }
  const sink: DownloadSink = {
    begin(answer) {
      const { etag, lastModified } = answer
      validators = { etag, lastModified }
      file.begin(chooseName(source, answer))
      report.begin(answer.sizeBytes ?? 0)
    },
    write(chunk) {
      file.write(chunk)
      report.add(chunk.byteLength)
    },
  }
  const upload = uploadPath(source.url)
  if (upload !== undefined) await receiveUpload(deps.uploads.receiveUpload(context.sessionId, upload, signal), sink)
  else {
    const headers = new Map([...Object.entries(source.headers ?? {}), ...(await authorization(source, { secrets: deps.secrets, sessionId: context.sessionId }, signal))])
    const outcome = await downloadFile({ url: source.url, headers, known }, sink, deps, signal)
    if (outcome === 'unchanged' && known !== undefined) return known
  }
  const received = { ...file.finish(timeNs(validators.lastModified)), ...validators }
  report.end()
  const snapshot = await layer.commit()
  deps.hasher.seed(snapshot, [[fromText(received.filename), received.digest]])
  return { ...received, snapshot }
}

async function receiveUpload(chunks: AsyncIterable<Uint8Array>, sink: DownloadSink): Promise<void> {
  sink.begin({ etag: '', lastModified: '', disposition: '', sizeBytes: undefined })
  for await (const chunk of chunks) sink.write(chunk)
}

/** What the source says, else what the server says, else the URL's last part. */
function chooseName({ filename, url }: HttpSource, { disposition }: FileAnswer): string {
  if (filename !== '') return checkedName(filename)
  return toFileName(dispositionName(disposition)) ?? fileNameOfUrl(url) ?? 'download'
}

/** @throws InvalidValueError */
function checkedName(filename: string): string {
  if (filename.includes('/') || toFileName(filename) === undefined) throw new InvalidValueError(`invalid name for a downloaded file: ${JSON.stringify(filename)}`)
  return filename
}

/** The parameter `filename` of RFC 6266, as far as servers agree on it; '' where there is none. */
function dispositionName(disposition: string): string {
  const [, quoted, plain] = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(disposition) ?? []
  return quoted === undefined ? (plain ?? '') : quoted.replace(/\\(.)/g, '$1')
}

/** The beginning of time where the server names none, so that equal content is an equal file. */
function timeNs(lastModified: string): bigint {
  const ms = Date.parse(lastModified)
  return Number.isNaN(ms) ? 0n : BigInt(ms) * 1_000_000n
}

interface SecretPlace {
  readonly secrets: ClientSecrets
  readonly sessionId: string
}

/** @throws RemoteSourceError where the source names a secret that the client does not have */
async function authorization(source: HttpSource, { secrets, sessionId }: SecretPlace, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const { hostname } = new URL(source.url)
  const read = async (id: string): Promise<string | undefined> => {
    const value = await secrets.secret(sessionId, id, signal)
    return value === undefined ? undefined : Buffer.from(value).toString().trim()
  }
  if (source.authHeaderSecret !== '') {
    const value = await read(source.authHeaderSecret)
    if (value === undefined) throw new InvalidValueError(`the client has no secret ${JSON.stringify(source.authHeaderSecret)}`, { hint: `give it: --secret id=${source.authHeaderSecret},…` })
    return new Map([['authorization', value]])
  }
  const header = await read(`HTTP_AUTH_HEADER_${hostname}`)
  if (header !== undefined) return new Map([['authorization', header]])
  const token = await read(`HTTP_AUTH_TOKEN_${hostname}`)
  return token === undefined ? new Map() : new Map([['authorization', `Bearer ${token}`]])
}
