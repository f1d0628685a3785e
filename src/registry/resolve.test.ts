import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../ground/digest.ts'
import { describeBlob, type Descriptor } from '../ground/oci/descriptor.ts'
import { MEDIA_TYPE } from '../ground/oci/mediaType.ts'
import { parsePlatform } from '../ground/platform.ts'
import { choosePlatformManifest, PlatformMissingError } from './resolve.ts'

function entry(platform: string | undefined, more: Partial<Descriptor> = {}): Descriptor {
  return { ...describeBlob(MEDIA_TYPE.ociManifest, digestOf(Buffer.from(platform ?? '')), 1), platform: platform === undefined ? undefined : parsePlatform(platform), ...more }
}

describe('choosePlatformManifest', () => {
  const attestation = entry('unknown/unknown', { annotations: new Map([['vnd.docker.reference.type', 'attestation-manifest']]) })
  const cases = [
    { name: 'a v6 for v7 where there are v5 and v6', manifests: [entry('linux/arm/v5'), entry('linux/arm/v6')], wanted: 'linux/arm/v7', want: 1 },
    { name: 'a 32-bit image for arm64 where there is no other', manifests: [attestation, entry('linux/arm/v7')], wanted: 'linux/arm64', want: 1 },
    { name: 'a lone image without a platform', manifests: [attestation, entry(undefined)], wanted: 'linux/arm64', want: 1 },
    { name: 'what names the platform before what names none', manifests: [entry(undefined), entry('linux/386')], wanted: 'linux/amd64', want: 1 },
  ]
  for (const { name, manifests, wanted, want } of cases) {
    it(`takes ${name}`, () => assert.equal(choosePlatformManifest(manifests, parsePlatform(wanted), 'app'), manifests[want]))
  }

  const refused = [
    { name: 'one of several without a platform', manifests: [entry(undefined), entry(undefined)] },
    { name: 'an artifact without a platform', manifests: [entry(undefined, { artifactType: 'application/vnd.example' })] },
    { name: 'a newer level', manifests: [entry('linux/arm64/v9')] },
  ]
  for (const { name, manifests } of refused) {
    it(`does not take ${name}`, () => assert.throws(() => choosePlatformManifest(manifests, parsePlatform('linux/arm64'), 'app'), PlatformMissingError))
  }
})
