import { digestOf, type Digest } from '../../../src/ground/digest.ts'
import { MEDIA_TYPE } from '../../../src/ground/oci/mediaType.ts'

/** Puts documents into a registry as they are, and looks at what it has: by plain requests, so that no code under test is in between. */
export interface RegistryImages {
  putBlob(repository: string, bytes: Uint8Array | string): Promise<DescriptorJson>
  /** Under a tag, or by its digest where `tag` is undefined. */
  putDocument(repository: string, tag: string | undefined, document: DocumentJson): Promise<DescriptorJson>
  /** The same, of bytes that are to stay what they are. */
  putText(repository: string, tag: string | undefined, text: string): Promise<DescriptorJson>
  /** Config, one layer and manifest of an image of a few bytes. */
  putImage(repository: string, tag: string | undefined, image: SmallImage): Promise<DescriptorJson>
  /** Undefined where there is none. */
  readDocument(repository: string, name: string): Promise<{ readonly digest: Digest; readonly text: string } | undefined>
  hasBlob(repository: string, digest: string): Promise<boolean>
  /** @throws where it is not there */
  readBlob(repository: string, digest: string): Promise<Uint8Array>
}

export interface DescriptorJson {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
}

export interface DocumentJson {
  readonly mediaType: string
  readonly [field: string]: unknown
}

export interface SmallImage {
  readonly style: 'oci' | 'docker'
  /** Fields of the config, such as os and architecture. */
  readonly config: Readonly<Record<string, unknown>>
  /** The layer. */
  readonly content: Uint8Array | string
}

export interface Login {
  readonly username: string
  readonly password: string
}

export function createRegistryImages(host: string, login?: Login): RegistryImages {
  const authorization = login === undefined ? {} : { authorization: `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}` }

  const send = async (method: string, url: URL | string, body?: Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    await fetch(new URL(url, `http://${host}`), { method, headers: { ...authorization, ...headers }, ...(body === undefined ? {} : { body: Buffer.from(body) }) })

  const putBlob: RegistryImages['putBlob'] = async (repository, bytes) => {
    const whole = Buffer.from(bytes)
    const digest = digestOf(whole)
    const begun = await send('POST', `/v2/${repository}/blobs/uploads/`)
    const location = new URL(begun.headers.get('location') ?? '', `http://${host}`)
    location.searchParams.set('digest', digest)
    await expectStatus(await send('PUT', location, whole, { 'content-type': 'application/octet-stream' }), 201)
    return { mediaType: 'application/octet-stream', digest, size: whole.byteLength }
  }

  const putText: RegistryImages['putText'] = async (repository, tag, text) => {
    const bytes = Buffer.from(text)
    const digest = digestOf(bytes)
    const { mediaType } = JSON.parse(text) as DocumentJson
    await expectStatus(await send('PUT', `/v2/${repository}/manifests/${tag ?? digest}`, bytes, { 'content-type': mediaType }), 201)
    return { mediaType, digest, size: bytes.byteLength }
  }

  const putDocument: RegistryImages['putDocument'] = (repository, tag, document) => putText(repository, tag, JSON.stringify(document))

  return {
    putBlob,
    putDocument,
    putText,
    async putImage(repository, tag, { style, config, content }) {
      const types = TYPES[style]
      const configBlob = await putBlob(repository, JSON.stringify({ ...config, rootfs: { type: 'layers', diff_ids: [digestOf(content)] } }))
      const layer = await putBlob(repository, content)
      return await putDocument(repository, tag, {
        schemaVersion: 2,
        mediaType: types.manifest,
        config: { ...configBlob, mediaType: types.config },
        layers: [{ ...layer, mediaType: types.layer }],
      })
    },
    async readDocument(repository, name) {
      const response = await send('GET', `/v2/${repository}/manifests/${name}`, undefined, { accept: Object.values(MEDIA_TYPE).join(', ') })
      const text = await response.text()
      return response.status === 200 ? { digest: digestOf(text), text } : undefined
    },
    async hasBlob(repository, digest) {
      const response = await send('HEAD', `/v2/${repository}/blobs/${digest}`)
      return response.status === 200
    },
    async readBlob(repository, digest) {
      const response = await send('GET', `/v2/${repository}/blobs/${digest}`)
      if (response.status !== 200) throw new Error(`${response.url}: ${response.status}`)
      return await response.bytes()
    },
  }
}

const TYPES = {
  oci: { manifest: MEDIA_TYPE.ociManifest, config: MEDIA_TYPE.ociConfig, layer: MEDIA_TYPE.ociLayer },
  docker: { manifest: MEDIA_TYPE.dockerManifest, config: MEDIA_TYPE.dockerConfig, layer: MEDIA_TYPE.dockerLayer },
} as const

async function expectStatus(response: Response, status: number): Promise<void> {
  const text = await response.text()
  if (response.status !== status) throw new Error(`${response.url}: ${response.status} ${text}`)
}
