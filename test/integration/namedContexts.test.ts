import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { buildFiles } from '../support/images/builtFiles.ts'
import { startFileServer, type FileServer } from '../support/servers/fileServer.ts'
import { startGitServer, type GitServer } from '../support/servers/gitServer.ts'
import { openPelago, type Pelago } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'

describe('named contexts', { skip: missing('git', 'tar', 'crun'), concurrency: false }, () => {
  let files: FileServer
  let git: GitServer
  let pelago: Pelago
  before(async () => {
    files = await startFileServer()
    git = await startGitServer()
    pelago = await openPelago()
    await git.commit('app', { 'src/main': 'of git' })
    files.files.set('/file', { content: 'of http' })
    const image = await pelago.context({ Dockerfile: 'FROM scratch\nARG TARGETARCH\nCOPY file-$TARGETARCH /file\nENV KEY=of-image\nONBUILD ENV TRIGGERED=yes\n', 'file-amd64': 'of image for amd64', 'file-arm64': 'of image for arm64' })
    await pelago.succeed(['build', '--platform', 'linux/amd64,linux/arm64', '-t', 'example.com/base:1', '-o', `type=oci,tar=false,dest=${join(pelago.folder, 'layout')}`, '-o', 'type=store', image])
  })
  after(async () => {
    await pelago[Symbol.asyncDispose]()
    await git[Symbol.asyncDispose]()
    await files[Symbol.asyncDispose]()
  })

  async function build(lines: readonly string[], ...args: readonly string[]): Promise<string> {
    return await buildFiles(pelago, ['-f', '-', ...args, await pelago.context({ own: 'own' })], { input: lines.join('\n') })
  }
  const content = (root: string, path: string): string => readFileSync(join(root, path), 'utf8')
  const names = (root: string): readonly string[] => readdirSync(root).sort()

  it('are folders, with their ignore file, beside the build context', async () => {
    const other = await pelago.context({ kept: 'kept', 'left.log': '', '.dockerignore': '*.log\n.dockerignore' })
    const root = await build(['FROM scratch', 'COPY --from=other . /other/', 'COPY own /'], '--build-context', `other=${other}`)
    assert.deepEqual([names(root), names(join(root, 'other'))], [['other', 'own'], ['kept']])
    const same = await build(['FROM scratch', 'COPY --from=context . /'], '--build-context', `context=${other}`)
    assert.deepEqual(names(same), ['kept'])
  })

  it('are git repositories and files at URLs', async () => {
    const root = await build(['FROM scratch', 'COPY --from=src / /git/', 'COPY --from=file /context /http'], '--build-context', `src=${git.url}/app.git#main:src`, '--build-context', `file=${files.url}/file`)
    assert.deepEqual([content(root, 'git/main'), content(root, 'http')], ['of git', 'of http'])
  })

  it('take the place of images, for FROM and for COPY', async () => {
    const folder = await pelago.context({ file: 'of folder' })
    const lines = ['FROM alpine', 'COPY --from=docker.io/library/tools:1 /file /copied']
    const root = await build(lines, '--build-context', `alpine=${folder}`, '--build-context', 'tools:1=docker-image://example.com/base:1')
    assert.deepEqual([content(root, 'file'), content(root, 'copied')], ['of folder', 'of image for amd64'])
    assert.deepEqual(names(await build(['FROM alpine', 'COPY own /'], '--build-context', 'alpine:latest=docker-image://scratch')), ['own'])
  })

  it('take the place of stages, whose steps are then left out', async () => {
    const folder = await pelago.context({ built: 'elsewhere' })
    const root = await build(['FROM no.such.host/image AS build', 'RUN false', 'FROM scratch', 'COPY --from=build /built /'], '--build-context', `build=${folder}`)
    assert.equal(content(root, 'built'), 'elsewhere')
    const context = await pelago.context({ Dockerfile: 'FROM scratch AS build\nRUN false\nFROM build\n' })
    await pelago.succeed(['build', '-t', 'replaced', '--build-context', 'build=docker-image://example.com/base:1', context])
    const { stdout } = await pelago.succeed(['image', 'inspect', 'replaced'])
    assert.match(stdout, /KEY=of-image/)
    assert.doesNotMatch(stdout, /TRIGGERED/)
  })

  it('are images of an OCI layout, of any platform, by tag and by digest', async () => {
    const layout = join(pelago.folder, 'layout')
    const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { readonly manifests: readonly { readonly digest: string }[] }
    await using other = await openPelago() // whose store has nothing of the image
    const root = await buildFiles(other, ['-f', '-', '--build-context', `base=oci-layout://${layout}`, await other.context({ own: 'own' })], { input: 'FROM base\nCOPY own /\n' })
    assert.deepEqual([names(root), content(root, 'file')], [['file', 'own'], 'of image for amd64'])
    for (const path of [layout, `${layout}:1`, `${layout}@${index.manifests[0]?.digest ?? ''}`]) {
      assert.equal(content(await build(['FROM base'], '--build-context', `base=oci-layout://${path}`), 'file'), 'of image for amd64')
    }
    const arm = await build(['FROM base', 'COPY own /'], '--platform', 'linux/arm64', '--build-context', `base=oci-layout://${layout}`)
    assert.deepEqual([names(arm), content(arm, 'file')], [['file', 'own'], 'of image for arm64'])
  })

  it('may be for one platform alone', async () => {
    const [one, two] = [await pelago.context({ which: 'any' }), await pelago.context({ which: 'arm64' })]
    const out = join(pelago.folder, 'platforms')
    const context = await pelago.context({ Dockerfile: 'FROM base' })
    await pelago.succeed(['build', '--platform', 'linux/amd64,linux/arm64', '--build-context', `base=${one}`, '--build-context', `base::linux/arm64=${two}`, '-o', out, context])
    assert.deepEqual([content(out, 'linux_amd64/which'), content(out, 'linux_arm64/which')], ['any', 'arm64'])
  })

  it('may be another stage of the Dockerfile', async () => {
    const out = join(pelago.folder, 'targets')
    const context = await pelago.context({ one: 'one', two: 'two', Dockerfile: 'FROM scratch AS one\nCOPY one /which\nFROM scratch AS two\nCOPY two /which\nFROM one\nCOPY --from=tools /which /tool' })
    await pelago.succeed(['build', '--build-context', 'one=docker-image://scratch', '--build-context', 'tools=target:TWO', '-o', out, context])
    assert.deepEqual(readdirSync(out), ['tool'])
    assert.equal(content(out, 'tool'), 'two')
  })

  it('say what is wrong with them', async () => {
    const context = await pelago.context({ Dockerfile: 'FROM base' })
    const cases: readonly (readonly [flag: string, message: RegExp])[] = [
      ['base', /invalid --build-context: "base"/],
      ['base=/nowhere', /--build-context base=\/nowhere: no such folder/],
      ['base=target:x', /context base is target "x", which is no stage before this one[^]*>>> FROM base/],
      [`base=oci-layout://${context}`, /no OCI layout in/],
      [`base=oci-layout://${join(pelago.folder, 'layout')}@sha256:${'0'.repeat(64)}`, /content sha256:0+: not found/],
    ]
    for (const [flag, message] of cases) {
      const { exitCode, stderr } = await pelago.run(['build', '--build-context', flag, context])
      assert.notEqual(exitCode, 0)
      assert.match(stderr, message)
    }
  })
})
