import { readTar } from '../../archive/tarReader.ts'
import type { ResolvedImage } from '../../dockerfile/lower.ts'
import type { Attestation } from '../../exporter/attestation/attestation.ts'
import { createGraphBuilder } from '../../graph/graphBuilder.ts'
import type { BindMount, ExecOp, Graph, Mount, Output } from '../../graph/vertex.ts'
import { BuildError } from '../../ground/errors.ts'
import { parseJsonObject, requiredString } from '../../ground/jsonValue.ts'
import { formatPlatform, type Platform } from '../../ground/platform.ts'
import { gather } from '../../image/imageView.ts'
import { textOfBytes } from '../../kit/byteString.ts'
import { toSnapshot } from '../../ops/snapshotResult.ts'
import type { SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { Solver } from '../../solver/solver.ts'
import type { Waiter } from '../../solver/vertexStory.ts'
import { CORE_NAME } from './ownSbom.ts'
import type { SbomOrder } from './sbomOrder.ts'

/** What a scanner image is run with and on: BuildKit, docs/attestations/sbom-protocol.md. */
export interface Scan {
  readonly order: SbomOrder
  readonly scanner: ResolvedImage
  /** Of what is scanned. */
  readonly platform: Platform
  /** Scanners run on this one. */
  readonly buildPlatform: Platform
  readonly graph: Graph
  readonly targets: readonly ScannedOutput[]
  readonly waiter: Waiter
}

/** The first is the result. */
export interface ScannedOutput {
  readonly name: string
  readonly root: Output | undefined
}

export interface ScanDeps {
  readonly solver: Solver
  readonly snapshots: SnapshotStore
}

const SOURCES = '/run/src'
const DESTINATION = '/run/out/'
/** Statements of a scanner, each held whole. */
const MAX_STATEMENT_BYTES = 128 << 20

/** Runs the scanner on the build's own platform; each statement that it leaves is an attestation. @throws SbomGeneratorError; whatever a step throws */
export async function createGeneratedSboms(scan: Scan, { solver, snapshots }: ScanDeps, signal: AbortSignal): Promise<readonly Attestation[]> {
  const { graph, output } = addScan(scan)
  const [result] = await solver.solve(graph, [output], scan.waiter, signal)
  const snapshot = toSnapshot(result)
  const found: Attestation[] = []
  for await (const { header, content } of readTar(snapshot === undefined ? noBytes() : snapshots.readLayer(snapshot, { clampTimeSeconds: undefined }, signal))) {
    const name = textOfBytes(header.path)
    if (header.kind !== 'file' || !/^[^/]+\.json$/.test(name)) continue
    if (header.sizeBytes > MAX_STATEMENT_BYTES) throw new SbomGeneratorError(scan.order, `its ${JSON.stringify(name)} has more than ${MAX_STATEMENT_BYTES} bytes`)
    found.push(toAttestation(name, Buffer.from(await gather(content, header.sizeBytes, name)).toString(), scan.order))
  }
  if (found.length === 0) throw new SbomGeneratorError(scan.order, `it left no statement in ${DESTINATION}`)
  return found
}

function addScan({ order, scanner, platform, buildPlatform, graph, targets }: Scan): { readonly graph: Graph; readonly output: Output } {
  const { entrypoint = [], cmd = [], env, workingDir = '/' } = scanner.config.container
  const argv = [...entrypoint, ...cmd]
  if (argv.length === 0) throw new SbomGeneratorError(order, 'the image has no command')
  const builder = createGraphBuilder()
  builder.addAll(graph)
  const root = builder.add({ op: { kind: 'source', source: { kind: 'image', reference: scanner.reference, manifest: scanner.manifest } }, inputs: [], platform: buildPlatform }, { name: `FROM ${scanner.reference}`, ignoreCache: false, span: undefined })
  const inputs = [root, ...targets.flatMap((target) => target.root ?? [])]
  const mounts: readonly Mount[] = [{ ...ROOT_MOUNT, input: 0 }, ...targets.map((target, index) => targetMount(target, index, inputs)), { kind: 'tmpfs', target: '/tmp', readonly: false, sizeBytes: 0 }, { ...ROOT_MOUNT, target: DESTINATION.replace(/\/$/, ''), isOutput: true }]
  const variables = [`BUILDKIT_SCAN_DESTINATION=${DESTINATION}`, `BUILDKIT_SCAN_SOURCE=${SOURCES}/core/${CORE_NAME}`, ...(targets.length > 1 ? [`BUILDKIT_SCAN_SOURCE_EXTRAS=${SOURCES}/extras/`] : []), ...[...order.parameters].map(([key, value]) => `BUILDKIT_SCAN_${key}=${value}`)]
  const op: ExecOp = { kind: 'exec', argv, env: [...env, ...variables], cwd: workingDir === '' ? '/' : workingDir, user: '', proxyEnv: [], mounts, network: 'default', security: 'sandbox', hostname: '', extraHosts: [], ulimits: [], shmSizeBytes: 0, cgroupParent: '' }
  const { vertex } = builder.add({ op, inputs, platform: buildPlatform }, { name: `[${formatPlatform(platform)}] generating sbom using ${order.generator ?? ''}`, ignoreCache: false, span: undefined })
  return { graph: builder.build(), output: { vertex, index: 0 } }
}

const ROOT_MOUNT: BindMount = { kind: 'bind', input: undefined, selector: '', target: '/', readonly: false, isOutput: false }

function targetMount({ name, root }: ScannedOutput, index: number, inputs: readonly Output[]): BindMount {
  const input = root === undefined ? undefined : inputs.indexOf(root)
  return { ...ROOT_MOUNT, input, target: index === 0 ? `${SOURCES}/core/${CORE_NAME}` : `${SOURCES}/extras/${name}`, readonly: true }
}

function toAttestation(filename: string, text: string, order: SbomOrder): Attestation {
  const { predicateType, predicate } = parseStatement(filename, text, order)
  return { predicateType, filename, isInlineOnly: false, predicate: () => Promise.resolve(predicate) }
}

/** An in-toto statement; its subject is replaced by what is exported. */
function parseStatement(name: string, text: string, order: SbomOrder): { readonly predicateType: string; readonly predicate: Uint8Array } {
  try {
    const statement = parseJsonObject(text, name)
    return { predicateType: requiredString(statement, 'predicateType'), predicate: Buffer.from(JSON.stringify(statement.fields.get('predicate') ?? {})) }
  } catch (error) {
    throw new SbomGeneratorError(order, `its ${JSON.stringify(name)} is no in-toto statement`, error)
  }
}

async function* noBytes(): AsyncGenerator<Uint8Array> {
  // an empty archive
}

/** The scanner image does not do what the protocol wants of it. */
export class SbomGeneratorError extends BuildError {
  readonly kind = 'step-failed'
  constructor({ generator }: SbomOrder, why: string, cause?: unknown) {
    super(`the sbom generator ${JSON.stringify(generator)} made none: ${why}`, { hint: 'take an image that follows BuildKit\'s protocol for scanners, or --sbom=true for what Pelago makes itself', cause })
  }
}
