import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { putBytes, type ContentStore } from '../../src/content/contentStore.ts'
import { createMemoryStore } from '../../src/content/memoryStore.ts'
import { describeBlob, type Descriptor } from '../../src/ground/oci/descriptor.ts'
import { digestOf } from '../../src/ground/digest.ts'
import { MEDIA_TYPE } from '../../src/ground/oci/mediaType.ts'
import { parsePlatform } from '../../src/ground/platform.ts'
import { parseReference } from '../../src/ground/reference.ts'
import { formatIndex, formatManifest } from '../../src/image/manifestJson.ts'
import { createLimit } from '../../src/kit/limit.ts'
import { createPuller } from '../../src/registry/pull.ts'
import { pushImage } from '../../src/registry/push.ts'
import type { Registry } from '../../src/registry/registry.ts'
import { createRegistry, DEFAULT_RETRIES } from '../../src/registry/registryClient.ts'
import { startDockerRegistry } from '../support/registry/dockerRegistry.ts'
import { missing } from '../support/requires.ts'
import { TEST_CLIENT } from '../support/registry/registryClient.ts'

const signal = new AbortController().signal
const PLATFORMS = ['linux/amd64', 'linux/arm64', 'linux/arm/v7']
const silent = (): void => undefined

describe('an image of three platforms', { skip: missing('docker-registry', 'skopeo') }, () => {
  it('is read by skopeo, and copied by it is pulled again', async () => {
    await using server = await startDockerRegistry()
    await using registry = openRegistry()
    const store = createMemoryStore()
    const root = await makeIndex(store)
    const reference = parseReference(`${server.host}/app:1.0`)
    const options = { limit: createLimit(3), otherTags: [], mountFrom: () => undefined, openMissing: () => undefined, onProgress: silent }
    await pushImage({ registry, store }, root, { ...options, reference }, signal)

    assert.equal(digestOf(skopeo('inspect', '--raw', '--tls-verify=false', `docker://${server.host}/app:1.0`)), root.digest)
    for (const platform of PLATFORMS) {
      const [, architecture = '', variant = ''] = platform.split('/')
      const inspected = JSON.parse(skopeo('--override-arch', architecture, '--override-variant', variant, 'inspect', '--tls-verify=false', '--config', `docker://${server.host}/app:1.0`).toString()) as { architecture: string }
      assert.equal(inspected.architecture, architecture)
    }

    skopeo('copy', '--all', '--format', 'v2s2', '--src-tls-verify=false', '--dest-tls-verify=false', `docker://${server.host}/app:1.0`, `docker://${server.host}/copy:1.0`)
    const pulled = createMemoryStore()
    const puller = createPuller({ registry, store: pulled, limit: createLimit(3) })
    const copied = await puller.pullImage(parseReference(`${server.host}/copy:1.0`), { platforms: PLATFORMS.map((platform) => parsePlatform(platform)), withLayers: true, onProgress: silent }, signal)
    assert.equal(copied.root.mediaType, MEDIA_TYPE.dockerIndex)
    assert.equal(copied.manifests.length, 3)
  })
})

function openRegistry(): Registry & AsyncDisposable {
  return createRegistry({ ...TEST_CLIENT, retries: DEFAULT_RETRIES })
}

async function makeIndex(store: ContentStore): Promise<Descriptor> {
  const shared = { artifactType: undefined, subject: undefined, annotations: new Map<string, string>() }
  const layerBytes = Buffer.alloc(1024) // two blocks of zeros: an empty tar
  const layer = await put(store, MEDIA_TYPE.ociLayer, layerBytes)
  const manifests: Descriptor[] = []
  for (const text of PLATFORMS) {
    const { os, architecture, variant } = parsePlatform(text)
    const config = { os, architecture, variant, config: {}, rootfs: { type: 'layers', diff_ids: [digestOf(layerBytes)] }, history: [{ created_by: 'test' }] }
    const bytes = formatManifest({ ...shared, mediaType: MEDIA_TYPE.ociManifest, config: await put(store, MEDIA_TYPE.ociConfig, Buffer.from(JSON.stringify(config))), layers: [layer] })
    manifests.push({ ...(await put(store, MEDIA_TYPE.ociManifest, bytes)), platform: parsePlatform(text) })
  }
  return await put(store, MEDIA_TYPE.ociIndex, formatIndex({ ...shared, mediaType: MEDIA_TYPE.ociIndex, manifests }))
}

async function put(store: ContentStore, mediaType: string, bytes: Uint8Array): Promise<Descriptor> {
  return describeBlob(mediaType, await putBytes(bytes, store, signal), bytes.byteLength)
}

function skopeo(...args: string[]): Buffer {
  return execFileSync('skopeo', args, { stdio: ['ignore', 'pipe', 'pipe'] })
}
