import type { MessageInitShape } from '@bufbuild/protobuf'
import type { CallOptions } from '@connectrpc/connect'
import { createReadStream } from 'node:fs'
import type { ResultSchema } from '../../../src/api/gen/gateway_pb.ts'
import type { Definition } from '../../../src/api/gen/ops_pb.ts'
import { readTar } from '../../../src/archive/tarReader.ts'
import { driveBuild } from '../../../src/driver/drivenBuild.ts'
import type { BuildRequest, EngineClient } from '../../../src/driver/driver.ts'
import { inSession } from '../../../src/driver/solve.ts'
import { openFolderTree } from '../../../src/ops/contextWalk.ts'
import type { ProgressSink } from '../../../src/progress/progressSink.ts'
import { formatEntry } from '../../parity/imageFacts.ts'

const never = new AbortController().signal
const PARTS = { openFolder: openFolderTree, client: { stdout: process.stdout, env: {}, cwd: '/' } }
const NOTHING: BuildRequest = {
  frontend: 'dockerfile.v0', attributes: new Map(), folders: new Map(), files: new Map(), uploads: new Map(), stores: new Map(), writableStores: new Set(), outputs: [], secrets: new Map(), agents: new Map(),
  credentials: { credentials: async () => undefined }, entitlements: [], cacheImports: [], cacheExports: [],
}

/** What is solved, and what the client has for it. */
export interface DefinitionSolve extends Partial<Pick<BuildRequest, 'folders' | 'files' | 'secrets' | 'outputs' | 'attributes' | 'stores' | 'agents' | 'entitlements' | 'cacheExports'>> {
  readonly definition: Definition
  readonly sink?: ProgressSink
}

/** As `buildctl build < definition` does it. The exporter's response. */
export async function solveDefinition(engine: EngineClient, { definition, sink = () => undefined, ...has }: DefinitionSolve): Promise<ReadonlyMap<string, string>> {
  const request = { ...NOTHING, ...has }
  const exporters = request.outputs.map(({ type, attributes }) => ({ Type: type, Attrs: Object.fromEntries(attributes) }))
  const { ExporterResponse } = await inSession(PARTS, { engine, request, sink }, never, (ref, sessionId, inner) => engine.control.solve({ Ref: ref, Session: sessionId, Definition: definition, FrontendAttrs: Object.fromEntries(request.attributes), Exporters: exporters, Entitlements: [...request.entitlements], Cache: { Exports: request.cacheExports.map(({ type, attributes }) => ({ Type: type, Attrs: Object.fromEntries(attributes) })) } }, { signal: inner }))
  return new Map(Object.entries(ExporterResponse))
}

/** The result's files, each as a text by its path: what an export as tar to `path` brings. */
export async function solveToFacts(engine: EngineClient, solve: DefinitionSolve, path: string): Promise<ReadonlyMap<string, string>> {
  await solveDefinition(engine, { ...solve, outputs: [{ type: 'tar', attributes: new Map(), destination: { kind: 'file', path } }] })
  return await readTarFacts(path)
}

/** An archive's files, each as a text by its path. */
export async function readTarFacts(path: string): Promise<ReadonlyMap<string, string>> {
  const facts = new Map<string, string>()
  for await (const { header, content } of readTar(createReadStream(path))) {
    const chunks: Uint8Array[] = []
    for await (const chunk of content) chunks.push(chunk)
    facts.set(header.path.replace(/^\.?\/|\/$/g, ''), formatEntry(header, Buffer.concat(chunks)))
  }
  return facts
}

/** A build that the client drives: what `drive` gives back is exported. The exporter's response. */
export async function driveDefinition(engine: EngineClient, has: Omit<DefinitionSolve, 'definition'>, drive: (options: CallOptions) => Promise<MessageInitShape<typeof ResultSchema>>): Promise<void> {
  const request = { ...NOTHING, ...has }
  const exporters = request.outputs.map(({ type, attributes }) => ({ Type: type, Attrs: Object.fromEntries(attributes) }))
  await inSession(PARTS, { engine, request, sink: () => undefined }, never, (ref, sessionId, inner) => driveBuild(engine, { Ref: ref, Session: sessionId, Exporters: exporters }, drive, inner))
}
