import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../../ground/digest.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { addEntries, removePlatforms, replaceEntries, selectPlatforms } from './editIndex.ts'
import { formatIndexDocument, parseEntry, parseIndexDocument, type IndexDocument, type IndexEntry, type JsonFields } from './indexDocument.ts'

/** An entry for `platform`, whose digest is that of `name`; `docker` has Docker's media type. */
function image(name: string, platform: string, more: JsonFields = {}): JsonFields {
  const [os = '', architecture = '', variant] = platform.split('/')
  const mediaType = name.startsWith('docker') ? MEDIA_TYPE.dockerManifest : MEDIA_TYPE.ociManifest
  return { mediaType, digest: digestOf(name), size: 7, platform: { architecture, os, ...(variant === undefined ? {} : { variant }) }, ...more }
}

function attestation(name: string, of: string): JsonFields {
  return image(name, 'unknown/unknown', { annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': digestOf(of) } })
}

function documentOf(entries: readonly JsonFields[], fields: JsonFields = {}, mediaType: string = MEDIA_TYPE.ociIndex): IndexDocument {
  return parseIndexDocument(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests: entries, ...fields })), mediaType)
}

const names = new Map(['amd64', 'amd64-2', 'arm64', 's390x', 'note', 'note-2', 'sbom', 'docker-arm', 'artifact'].map((name) => [digestOf(name), name]))
const namesIn = ({ entries }: IndexDocument): readonly string[] => entries.map(({ descriptor }) => names.get(descriptor.digest) ?? descriptor.digest)
const entriesOf = (...fields: readonly JsonFields[]): readonly IndexEntry[] => fields.map(parseEntry)

const AMD64 = image('amd64', 'linux/amd64', { annotations: { kept: 'yes' }, unknownField: [1] })
const ARM64 = image('arm64', 'linux/arm64/v8')
const NOTE = attestation('note', 'amd64')
const ARTIFACT: JsonFields = { mediaType: MEDIA_TYPE.ociManifest, digest: digestOf('artifact'), size: 7, artifactType: 'a/b' }
const whole = documentOf([AMD64, ARTIFACT, ARM64, NOTE], { annotations: { top: '1' }, artifactType: 'x/y', subject: { mediaType: MEDIA_TYPE.ociManifest, digest: digestOf('subject'), size: 1 } })

describe('an index of which a platform is edited', () => {
  const cases: readonly { readonly name: string; readonly edit: () => IndexDocument; readonly want: readonly string[] }[] = [
    { name: 'gets an added image and its attestation at the end', edit: () => addEntries(whole, entriesOf(image('s390x', 'linux/s390x'), attestation('note-2', 's390x'))), want: ['amd64', 'artifact', 'arm64', 'note', 's390x', 'note-2'] },
    { name: 'loses a platform together with what speaks of it', edit: () => removePlatforms(whole, [parsePlatform('linux/amd64')]), want: ['artifact', 'arm64'] },
    { name: 'loses a platform that is written with another name of its variant', edit: () => removePlatforms(whole, [parsePlatform('linux/arm64')]), want: ['amd64', 'artifact', 'note'] },
    { name: 'has a replacement where the old one stood, attestations too', edit: () => replaceEntries(whole, entriesOf(image('amd64-2', 'linux/amd64'), attestation('note-2', 'amd64-2'), attestation('sbom', 'amd64-2'))), want: ['amd64-2', 'artifact', 'arm64', 'note-2', 'sbom'] },
    { name: 'loses attestations that a replacement has none of', edit: () => replaceEntries(whole, entriesOf(image('amd64-2', 'linux/amd64'))), want: ['amd64-2', 'artifact', 'arm64'] },
    { name: 'gets attestations at the end where the old image had none', edit: () => replaceEntries(documentOf([ARM64, AMD64]), entriesOf(image('s390x', 'linux/arm64'), attestation('note-2', 's390x'))), want: ['s390x', 'amd64', 'note-2'] },
    { name: 'has one image in the place of two of the same platform', edit: () => replaceEntries(documentOf([AMD64, ARM64, image('s390x', 'linux/amd64')]), entriesOf(image('amd64-2', 'linux/amd64'))), want: ['amd64-2', 'arm64'] },
    { name: 'gets a further version of Windows beside another', edit: () => addEntries(documentOf([image('amd64', 'windows/amd64', { platform: { os: 'windows', architecture: 'amd64', 'os.version': '1' } })]), entriesOf(image('amd64-2', 'windows/amd64', { platform: { os: 'windows', architecture: 'amd64', 'os.version': '2' } }))), want: ['amd64', 'amd64-2'] },
  ]
  for (const { name, edit, want } of cases) it(name, () => assert.deepEqual(namesIn(edit()), want))

  it('keeps all else as it was written', () => {
    const edited = JSON.parse(Buffer.from(formatIndexDocument(removePlatforms(whole, [parsePlatform('linux/arm64')]))).toString()) as JsonFields
    assert.deepEqual(edited, { ...whole.fields, manifests: [AMD64, ARTIFACT, NOTE] })
  })

  const refusals: readonly { readonly name: string; readonly edit: () => unknown; readonly message: RegExp; readonly hint: RegExp }[] = [
    { name: 'to add a platform that is there', edit: () => addEntries(whole, entriesOf(image('amd64-2', 'linux/amd64'))), message: /has an image for linux\/amd64 already$/, hint: /replace-platform/ },
    { name: 'to add an image that is there', edit: () => addEntries(whole, entriesOf(AMD64)), message: /already, and it is this one/, hint: /nothing to do/ },
    { name: 'to add two images for one platform', edit: () => addEntries(whole, entriesOf(image('s390x', 'linux/s390x'), image('docker-arm', 'linux/s390x'))), message: /sources have several images for linux\/s390x/, hint: /leave out/ },
    { name: 'to replace a platform that is not there', edit: () => replaceEntries(whole, entriesOf(image('s390x', 'linux/s390x'))), message: /no image for linux\/s390x/, hint: /it has linux\/amd64, linux\/arm64$/ },
    { name: 'to remove a platform that is not there', edit: () => removePlatforms(whole, [parsePlatform('linux/arm/v7')]), message: /no image for linux\/arm\/v7/, hint: /it has linux\/amd64, linux\/arm64$/ },
    { name: 'to leave no image', edit: () => removePlatforms(whole, [parsePlatform('linux/amd64'), parsePlatform('linux/arm64')]), message: /no image would be left/, hint: /keep at least one/ },
    { name: 'to take a platform that a source has not', edit: () => selectPlatforms(whole.entries, [parsePlatform('linux/s390x')], 'app:2'), message: /^app:2: there is no image for linux\/s390x/, hint: /it has linux\/amd64, linux\/arm64$/ },
  ]
  for (const { name, edit, message, hint } of refusals) {
    it(`refuses ${name}`, () => assert.throws(edit, (error: Error & { readonly hint?: string }) => error.name === 'IndexEditRefusedError' && message.test(error.message) && hint.test(error.hint ?? '')))
  }

  it('of Docker\'s type becomes OCI\'s with the first entry that is', () => {
    const docker = documentOf([image('docker-arm', 'linux/arm/v7')], {}, MEDIA_TYPE.dockerIndex)
    assert.equal(addEntries(docker, entriesOf(image('docker-amd', 'linux/amd64'))).mediaType, MEDIA_TYPE.dockerIndex)
    const mixed = addEntries(docker, entriesOf(AMD64))
    assert.equal(mixed.mediaType, MEDIA_TYPE.ociIndex)
    assert.equal(parseIndexDocument(formatIndexDocument(mixed), MEDIA_TYPE.ociIndex).entries.length, 2)
  })
})

describe('what is taken of a source', () => {
  it('are the images of the platforms asked for, with their attestations', () => {
    const taken = selectPlatforms(whole.entries, [parsePlatform('linux/amd64')], 'app')
    assert.deepEqual(taken.map(({ fields }) => fields), [AMD64, NOTE])
  })

  it('are all images where none is asked for, and no other artifacts', () => {
    assert.deepEqual(selectPlatforms(whole.entries, [], 'app').map(({ fields }) => fields), [AMD64, ARM64, NOTE])
  })
})
