import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parsePolicyFile } from '../../api/policy/policyFile.ts'
import { compileSourcePolicy, SourceDeniedError, type SourcePolicy } from '../../api/policy/sourcePolicy.ts'
import { digestOf } from '../../ground/digest.ts'
import type { Source } from '../../graph/vertex.ts'
import { LAYOUT_HOST } from '../images/layoutImages.ts'
import { checkFolder, judgeSources, policedImage } from './policedSources.ts'

const DIGEST = digestOf('an image')
const PIN = `docker.io/library/alpine:latest@${DIGEST}`
const DENY_ALL_IMAGES = [{ action: 'DENY', selector: { identifier: 'docker-image://*' } }]
const image = (reference: string): Source => ({ kind: 'image', reference, manifest: DIGEST })

describe('an image that is looked up under a policy', () => {
  const cases = [
    { name: 'is called by its whole name', rules: [convert('docker-image://docker.io/library/alpine:latest', { identifier: `docker-image://${PIN}` })], text: 'alpine', becomes: PIN },
    { name: 'may be one of a layout', rules: [convert(`oci-layout://store@${DIGEST}`, { identifier: 'docker-image://mirror.test/app:1' })], text: `oci-layout://store@${DIGEST}`, becomes: 'mirror.test/app:1' },
    { name: 'may become one of a layout', rules: [convert('docker-image://docker.io/library/alpine:*', { identifier: `oci-layout://store@${DIGEST}` })], text: 'alpine:3', becomes: `oci-layout://store@${DIGEST}` },
  ]
  for (const { name, rules, text, becomes } of cases) {
    it(name, async () => assert.equal(policedImage(text, await policy(rules)), becomes))
  }

  it('cannot become a file, nor have attributes', async () => {
    const toFile = await policy([convert('docker-image://*', { identifier: 'https://me:secret@example.test/x' })])
    assert.throws(() => policedImage('alpine', toFile), { name: 'InvalidValueError', message: /^the source policy converts image alpine to what is no image: https:\/\/[^]*example\.test\/x$/ })
    assert.throws(() => policedImage('alpine', toFile), (error) => !String(error).includes('secret'))
    const withAttribute = await policy([convert('docker-image://*', { attrs: { 'image.layerlimit': '1' } })])
    assert.throws(() => policedImage('alpine', withAttribute), { message: /image\.layerlimit/ })
  })
})

describe('the sources of a graph under a policy', () => {
  it('are as they are where there is none', () => assert.equal(judgeSources(undefined), undefined))

  it('are denied by their digests, too', async () => {
    const judge = judgeSources(await policy([{ action: 'DENY', selector: { identifier: `docker-image://${PIN}` } }]))
    assert.throws(() => judge?.(image(PIN)), SourceDeniedError)
  })

  it('keep the image that was looked up, whatever its digest would be converted to', async () => {
    const judge = judgeSources(await policy([convert('docker-image://docker.io/library/alpine:*', { identifier: 'docker-image://docker.io/library/alpine:latest' })]))
    assert.deepEqual(judge?.(image(PIN)), image(PIN))
  })

  it('are no images of a registry where they are a layout’s', async () => {
    const source = image(`${LAYOUT_HOST}/image:latest@${DIGEST}`)
    assert.equal(judgeSources(await policy(DENY_ALL_IMAGES))?.(source), source)
  })

  it('are files and repositories that are fetched from elsewhere', async () => {
    const judge = judgeSources(await policy([
      convert('https://files.test/*', { identifier: 'https://mirror.test/${1}', attrs: { 'http.checksum': DIGEST } }),
      convert('git://git.test/a.git#*', { identifier: 'git://mirror.test/a.git#${1}', attrs: { 'git.fullurl': 'https://mirror.test/a.git' } }),
    ]))
    const file: Source = { kind: 'http', url: 'https://files.test/d/a', checksum: undefined, filename: 'a', mode: 0o644, uid: 1, gid: 2, authHeaderSecret: '' }
    assert.deepEqual(judge?.(file), { ...file, url: 'https://mirror.test/d/a', checksum: DIGEST })
    const repository: Source = { kind: 'git', remote: 'https://git.test/a.git', ref: 'v1', folder: 'sub', checksum: '', keepGitFolder: true, submodules: false, mtime: 'commit', fetchByCommit: false, authHeaderSecret: 'H', authTokenSecret: 'T', knownSshHosts: '', sshAgent: '' }
    assert.deepEqual(judge(repository), { ...repository, remote: 'https://mirror.test/a.git' })
  })

  it('cannot become what has no place in a graph', async () => {
    const judge = judgeSources(await policy([convert('https://files.test/*', { identifier: 'docker-image://alpine' })]))
    assert.throws(() => judge?.({ kind: 'http', url: 'https://files.test/a', checksum: undefined, filename: '', mode: 0o600, uid: 0, gid: 0, authHeaderSecret: '' }), { name: 'InvalidValueError', message: /^the source policy converts https:\/\/files\.test\/a to docker-image:\/\/alpine/ })
  })

  it('may be folders, and those that are read before there is a graph', async () => {
    const rules = await policy([{ action: 'DENY', selector: { identifier: 'local://secret*' } }])
    const folder: Source = { kind: 'local', name: 'secrets', sessionId: 's', includePatterns: [], excludePatterns: [], followPaths: [], sharedKeyHint: '' }
    assert.throws(() => judgeSources(rules)?.(folder), SourceDeniedError)
    assert.throws(() => checkFolder('secrets', rules), SourceDeniedError)
    checkFolder('context', rules)
  })
})

function convert(identifier: string, updates: object): object {
  return { action: 'CONVERT', selector: { identifier }, updates }
}

async function policy(rules: readonly object[]): Promise<SourcePolicy> {
  const compiled = await compileSourcePolicy([parsePolicyFile(JSON.stringify({ rules }), 'p.json')])
  assert.ok(compiled !== undefined)
  return compiled
}
