import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { buildFiles } from '../support/images/builtFiles.ts'
import { startFileServer, type FileServer } from '../support/servers/fileServer.ts'
import { startGitServer, type GitServer } from '../support/servers/gitServer.ts'
import { openPelago, type ContextFiles, type Pelago } from '../support/pelago.ts'
import { parseSteps } from '../support/engine/rawProgress.ts'
import { missing } from '../support/requires.ts'

const FILES: ContextFiles = { Dockerfile: 'FROM scratch\nCOPY . /\n', 'other/Dockerfile': 'FROM scratch\nCOPY file /other\n', file: 'text', 'sub/Dockerfile': 'FROM scratch\nCOPY inner /\n', 'sub/inner': 'inner' }

describe('a build context', { skip: missing('git', 'tar', 'bzip2', 'xz', 'crun'), concurrency: false }, () => {
  let files: FileServer
  let git: GitServer
  let pelago: Pelago
  before(async () => {
    files = await startFileServer()
    git = await startGitServer()
    pelago = await openPelago()
    await git.commit('app', FILES as Readonly<Record<string, string>>)
  })
  after(async () => {
    await pelago[Symbol.asyncDispose]()
    await git[Symbol.asyncDispose]()
    await files[Symbol.asyncDispose]()
  })

  async function archive(contents: ContextFiles): Promise<Buffer> {
    return spawnSync('tar', ['-cf', '-', '-C', await pelago.context(contents), '.']).stdout
  }
  const names = (root: string): readonly string[] => readdirSync(root).sort()
  const all = ['Dockerfile', 'file', 'other', 'sub']
  const program = (name: string, input: Buffer): Buffer => spawnSync(name, ['-c'], { input, maxBuffer: 1 << 26 }).stdout

  it('is an archive on stdin, however it is compressed', async () => {
    const tar = await archive(FILES)
    for (const input of [tar, gzipSync(tar), zstdCompressSync(tar), program('bzip2', tar), program('xz', tar)]) {
      assert.deepEqual(names(await buildFiles(pelago, ['-'], { input })), all)
    }
    assert.deepEqual(names(await buildFiles(pelago, ['-f', 'other/Dockerfile', '-'], { input: tar })), ['other'])
  })

  it('is a Dockerfile on stdin, without files', async () => {
    assert.deepEqual(names(await buildFiles(pelago, ['-'], { input: 'FROM scratch\nCOPY . /empty/\n' })), ['empty'])
    const { exitCode, stderr } = await pelago.run(['build', '-'], { input: 'FROM scratch\nCOPY file /\n' })
    assert.equal(exitCode, 1)
    assert.match(stderr, /"\/file": not found/)
  })

  it('goes with a Dockerfile from elsewhere', async () => {
    const context = await pelago.context({ file: 'text' })
    files.files.set('/Dockerfile', { content: 'FROM scratch\nCOPY file /by-url\n' })
    assert.deepEqual(names(await buildFiles(pelago, ['-f', `${files.url}/Dockerfile`, context])), ['by-url'])
    const apart = await pelago.context({ 'x.Dockerfile': 'FROM scratch\nCOPY file /apart\n' })
    const tar = await archive({ file: 'text' })
    assert.deepEqual(names(await buildFiles(pelago, ['-f', join(apart, 'x.Dockerfile'), '-'], { input: tar })), ['apart'])
    assert.deepEqual(names(await buildFiles(pelago, ['-f', '-', `${git.url}/app.git`], { input: 'FROM scratch\nCOPY file /piped\n' })), ['piped'])
  })

  it('is an archive or a Dockerfile at a URL', async () => {
    files.files.set('/app.tgz', { content: gzipSync(await archive(FILES)) })
    files.files.set('/alone', { content: 'FROM scratch\nCOPY context /itself\n' })
    assert.deepEqual(names(await buildFiles(pelago, [`${files.url}/app.tgz`])), all)
    assert.deepEqual(names(await buildFiles(pelago, ['-f', 'other/Dockerfile', `${files.url}/app.tgz`])), ['other'])
    const root = await buildFiles(pelago, [`${files.url}/alone`])
    assert.equal(readFileSync(join(root, 'itself'), 'utf8'), 'FROM scratch\nCOPY context /itself\n')
    const failed = await pelago.run(['build', `${files.url}/none.tgz`])
    assert.equal(failed.exitCode, 1)
    assert.match(failed.stderr, /none\.tgz: the server answered with HTTP status 404/)
  })

  it('is a git repository, a ref of it, or a folder in it', async () => {
    const url = `${git.url}/app.git`
    assert.deepEqual(names(await buildFiles(pelago, [url])), all)
    assert.deepEqual(names(await buildFiles(pelago, [`${url}#main:sub`])), ['inner'])
    assert.deepEqual(names(await buildFiles(pelago, ['--build-arg', 'BUILDKIT_CONTEXT_KEEP_GIT_DIR=1', url])), ['.git', ...all])
    assert.deepEqual(names(await buildFiles(pelago, ['-f', 'other/Dockerfile', `${url}?branch=main`])), ['other'])
    const { exitCode, stderr } = await pelago.run(['build', '-f', 'none/Dockerfile', url])
    assert.equal(exitCode, 1)
    assert.match(stderr, /failed to read dockerfile: open none\/Dockerfile/)
  })

  it('finds what was built of the same files in the cache, from wherever they come', async () => {
    const url = `${git.url}/app.git`
    const executed = async (args: readonly string[], input?: Buffer): Promise<readonly string[]> =>
      parseSteps((await pelago.succeed(['build', '--progress', 'rawjson', '-o', 'type=cacheonly', ...args], input === undefined ? {} : { input })).stderr).executed
    await executed([url])
    assert.deepEqual(await executed([url]), [])
    const tar = await archive({ Dockerfile: 'FROM scratch\nCOPY data /once\n', data: 'of stdin' })
    assert.equal((await executed(['-'], tar)).length, 1)
    assert.deepEqual(await executed(['-'], gzipSync(tar)), [])
  })

  it('keeps inside what an archive would put elsewhere', async () => {
    const folder = await pelago.context({ Dockerfile: 'FROM scratch\nCOPY . /\n', evil: 'evil' })
    const input = spawnSync('tar', ['-cPf', '-', '--transform', 's#^evil#../../../evil#', '-C', folder, 'Dockerfile', 'evil']).stdout
    assert.deepEqual(names(await buildFiles(pelago, ['-'], { input })), ['Dockerfile', 'evil'])
  })
})
