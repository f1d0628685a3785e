import type { IncomingMessage } from 'node:http'
import { digestOf, type Digest } from '../../../../src/ground/digest.ts'
import type { Faults } from './faults.ts'

/** One request to a fake registry, with what the fake has and how it misbehaves. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly url: URL
  readonly faults: Faults
  readonly contents: Contents
}

export interface Contents {
  readonly blobs: Map<string, Uint8Array>
  readonly manifests: Map<string, Manifest>
  readonly uploads: Map<string, Uint8Array[]>
  /** How often each token was used. */
  readonly tokens: Map<string, number>
}

export interface Manifest {
  readonly mediaType: string
  readonly bytes: Uint8Array
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: Uint8Array | string
  /** Then the connection breaks; undefined where all is sent. */
  readonly dropAfterBytes: number | undefined
}

export type Route = (exchange: Exchange, repository: string, id: string) => Promise<Answer>

export function reply(status: number, headers: Answer['headers'], body: Uint8Array | string = ''): Answer {
  return { status, headers, body, dropAfterBytes: undefined }
}

export function refuse(status: number, code: string, headers: Answer['headers'] = {}): Answer {
  return reply(status, { 'content-type': 'application/json', ...headers }, JSON.stringify({ errors: [{ code, message: 'as the test wants it' }] }))
}

/** The header, as far as it is to tell the truth. */
export function toldDigest({ toldDigest: told }: Faults, actual: Digest): Readonly<Record<string, string>> {
  if (told === 'nothing') return {}
  return { 'docker-content-digest': told === 'nonsense' ? 'no digest' : (told ?? actual) }
}

export function corrupted(bytes: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(bytes)
  changed.fill((changed[0] ?? 0) ^ 1, 0, 1)
  return changed
}

export function storeManifest({ manifests }: Contents, repository: string, names: readonly string[], manifest: Manifest): void {
  for (const name of [...names, digestOf(manifest.bytes)]) manifests.set(`${repository}:${name}`, manifest)
}

export async function gather(request: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks)
}
