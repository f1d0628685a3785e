import { basename, join } from 'node:path/posix'
import type { Attestation } from '../../exporter/attestation/attestation.ts'
import type { AttestedSubject } from '../../exporter/attestation/subject.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { objectList, parseJsonObject, requiredString, stringMap } from '../../ground/jsonValue.ts'
import type { FolderFiles, ResultFiles } from '../build/resultFiles.ts'

/** What a client says of a platform of its result, in a file of one of its results: BuildKit's `result.Attestation`. */
export interface ClientAttestation {
  /** A `statement`'s file is the predicate; a `bundle`'s folder holds statements, one a file. */
  readonly kind: 'statement' | 'bundle'
  /** Of a bundle all have to be of it; '' takes any. */
  readonly predicateType: string
  /** Of a statement; none is what is exported. */
  readonly subjects: readonly AttestedSubject[]
  /** Of the file or folder in the result. */
  readonly path: string
  /** As of Attestation. */
  readonly isInlineOnly: boolean
  /** What the first of several SBOMs is called, before the dot; '' where it is no such. */
  readonly coreName: string
  /** The result's files; does the work for it first. */
  readonly open: (signal: AbortSignal) => Promise<ResultFiles>
}

const SPDX = 'https://spdx.dev/Document'
const PROVENANCE = 'https://slsa.dev/provenance/'
/** As BuildKit's, of one. */
const MAX_BYTES = 80 << 20
/** Of all that is said of a platform, which is in memory at once. */
const MAX_TOTAL_BYTES = 256 << 20
const PART_BYTES = 8 << 20

/** Whether a client brings an SBOM of its own, so that none is made: as in BuildKit, by the type that it names. */
export function isSbom({ predicateType }: ClientAttestation): boolean {
  return predicateType === SPDX
}

/** Read when a result is exported; the SBOM of the image itself comes first. @throws InvalidValueError; ResultFileError */
export async function readClientAttestations(claims: readonly ClientAttestation[], signal: AbortSignal): Promise<readonly Attestation[]> {
  const read: (Attestation & { readonly isCore: boolean })[] = []
  let totalBytes = 0
  for (const claim of claims) {
    await using opened = await claim.open(signal)
    const files: FolderFiles = {
      ...opened,
      stat(path) { // once of each file, before it is read
        const stat = opened.stat(path)
        totalBytes += stat.sizeBytes
        if (totalBytes > MAX_TOTAL_BYTES) throw new InvalidValueError(`the attestations of one platform have more than ${MAX_TOTAL_BYTES} bytes together`)
        return stat
      },
    }
    if (claim.kind === 'bundle') read.push(...readBundle(claim, files))
    else read.push(toAttestation({ ...claim, predicate: parsePredicate(readFile(files, claim.path), claim.path) }))
  }
  return [...read.filter(({ isCore }) => isCore), ...read.filter(({ isCore }) => !isCore)].map(({ isCore: _, ...attestation }) => attestation)
}

type Claimed = Pick<ClientAttestation, 'predicateType' | 'subjects' | 'path' | 'isInlineOnly' | 'coreName'> & { readonly predicate: Uint8Array }

/** @throws InvalidValueError where it is provenance, which only the engine knows */
export function checkClaimable(predicateType: string): void {
  if (predicateType.startsWith(PROVENANCE)) throw new InvalidValueError(`a client may not say where its result is from: ${predicateType}`, { hint: 'leave it out, and ask for the engine’s own: attest:provenance' })
}

function toAttestation({ predicateType, subjects, path, isInlineOnly, coreName, predicate }: Claimed): Attestation & { readonly isCore: boolean } {
  checkClaimable(predicateType)
  if (predicateType === '') throw new InvalidValueError(`the attestation ${JSON.stringify(path)} has no predicate type`)
  return { predicateType, subjects, filename: basename(path), isInlineOnly, isCore: coreName !== '' && path.split('.')[0] === coreName, predicate: () => Promise.resolve(predicate) }
}

function readBundle({ path, predicateType: wanted, isInlineOnly, coreName }: ClientAttestation, files: FolderFiles): readonly (Attestation & { readonly isCore: boolean })[] {
  return files.readFolder(path).map(({ path: name }) => {
    const place = join(path, name)
    const statement = parseJsonObject(Buffer.from(readFile(files, place)).toString(), `the statement ${JSON.stringify(place)}`)
    const predicateType = requiredString(statement, 'predicateType')
    if (wanted !== '' && predicateType !== wanted) throw new InvalidValueError(`the statement ${JSON.stringify(place)} is of ${predicateType}, and its bundle of ${wanted}`)
    const subjects = objectList(statement, 'subject').map((subject): AttestedSubject => ({ kind: 'other', subject: { name: requiredString(subject, 'name'), digest: Object.fromEntries(stringMap(subject, 'digest')) } }))
    return toAttestation({ predicateType, subjects, path: place, isInlineOnly, coreName, predicate: Buffer.from(JSON.stringify(statement.fields.get('predicate') ?? {})) })
  })
}

/** In one line, as it stands in a statement. @throws InvalidValueError where it is no JSON object */
function parsePredicate(bytes: Uint8Array, path: string): Uint8Array {
  const text = Buffer.from(bytes).toString()
  parseJsonObject(text, `the predicate ${JSON.stringify(path)}`)
  return Buffer.from(JSON.stringify(JSON.parse(text)))
}

/** In parts, since one read is bounded. @throws ResultFileError; InvalidValueError where it is too large */
function readFile(files: FolderFiles, path: string): Uint8Array {
  const { sizeBytes } = files.stat(path)
  if (sizeBytes > MAX_BYTES) throw new InvalidValueError(`the attestation ${JSON.stringify(path)} has more than ${MAX_BYTES} bytes`)
  const parts: Uint8Array[] = []
  for (let offset = 0; offset < Math.max(1, sizeBytes); offset += PART_BYTES) parts.push(files.readFile(path, { offset, length: PART_BYTES }))
  return Buffer.concat(parts)
}
