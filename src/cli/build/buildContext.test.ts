import assert from 'node:assert/strict'
import { mkdtempDisposable, mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { findBuildContext } from './buildContext.ts'

async function inFolder(files: readonly string[], work: (folder: string) => Promise<void>): Promise<void> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'pelago-context-'))
  for (const file of files) {
    await mkdir(join(folder.path, file, '..'), { recursive: true })
    await writeFile(join(folder.path, file), 'FROM scratch\n')
  }
  await work(folder.path)
}

const find = (workingFolder: string, path: string, file?: string): ReturnType<typeof findBuildContext> =>
  findBuildContext(path, file, { workingFolder, openStdin: () => Readable.from([Buffer.from('FROM '), Buffer.from('scratch')]), download: async (url) => Buffer.from(url) })

describe('findBuildContext', () => {
  it('finds the Dockerfile of the folder', () =>
    inFolder(['app/Dockerfile'], async (folder) => {
      const app = join(folder, 'app')
      assert.deepEqual(await find(folder, 'app'), { context: { kind: 'folder', path: app }, dockerfile: { kind: 'file', folder: app, filename: 'Dockerfile' } })
    }))
  it('takes dockerfile where there is no Dockerfile', () =>
    inFolder(['dockerfile'], async (folder) => {
      assert.deepEqual((await find(folder, '.')).dockerfile, { kind: 'file', folder, filename: 'dockerfile' })
    }))
  it('takes a Dockerfile outside of the context, from where the user stands', () =>
    inFolder(['app/a', 'other/x.Dockerfile'], async (folder) => {
      assert.deepEqual((await find(folder, 'app', 'other/x.Dockerfile')).dockerfile, { kind: 'file', folder: join(folder, 'other'), filename: 'x.Dockerfile' })
    }))
  it('reads a Dockerfile from stdin', () =>
    inFolder(['a'], async (folder) => {
      assert.deepEqual((await find(folder, '.', '-')).dockerfile, { kind: 'bytes', bytes: Buffer.from('FROM scratch'), filename: 'Dockerfile' })
    }))

  it('takes a Dockerfile alone from stdin, without files', async () => {
    assert.deepEqual(await find('/', '-'), { context: { kind: 'empty' }, dockerfile: { kind: 'bytes', bytes: Buffer.from('FROM scratch'), filename: 'Dockerfile' } })
  })
  it('takes URLs and git references, and the Dockerfile in them, beside them or by a URL', () =>
    inFolder(['x.Dockerfile', 'github.com/a/b/Dockerfile'], async (folder) => {
      const remote = { kind: 'remote', text: 'https://x.io/a.tgz' }
      const path = join(folder, 'x.Dockerfile')
      assert.deepEqual(await find(folder, 'https://x.io/a.tgz'), { context: remote, dockerfile: { kind: 'inside', filename: 'Dockerfile' } })
      assert.deepEqual(await find(folder, 'https://x.io/a.tgz', 'docs/Dockerfile'), { context: remote, dockerfile: { kind: 'inside', filename: 'docs/Dockerfile' } })
      assert.deepEqual(await find(folder, 'https://x.io/a.tgz', path), { context: remote, dockerfile: { kind: 'file', folder, filename: 'x.Dockerfile' } })
      assert.deepEqual((await find(folder, 'git@x.io:a', 'https://x.io/D')).dockerfile, { kind: 'bytes', bytes: Buffer.from('https://x.io/D'), filename: 'Dockerfile' })
      assert.deepEqual((await find(folder, 'github.com/c/d')).context, { kind: 'remote', text: 'github.com/c/d' })
      assert.deepEqual((await find(folder, 'github.com/a/b')).context, { kind: 'folder', path: join(folder, 'github.com/a/b') })
    }))

  const refused = [
    { name: 'a folder that is not there', files: ['a'], path: 'nowhere', message: 'no such folder: nowhere', hint: /such as \./ },
    { name: 'a file for a folder', files: ['a.Dockerfile'], path: 'a.Dockerfile', message: 'not a folder: a.Dockerfile', hint: /--file a\.Dockerfile/ },
    { name: 'a folder without Dockerfile, naming what is near', files: ['Dockerfile.dev', 'prod.Dockerfile', 'x'], path: '.', message: 'no Dockerfile in .', hint: /there is Dockerfile\.dev, prod\.Dockerfile: name it with --file/ },
    { name: 'a Dockerfile that is not there', files: ['Dockerfile'], path: '.', file: 'Dockerfil', message: 'no such Dockerfile: Dockerfil', hint: /there is Dockerfile/ },
    { name: 'a Dockerfile that is a folder', files: ['sub/Dockerfile'], path: '.', file: 'sub', message: 'the Dockerfile is a folder: sub', hint: /--file sub\/Dockerfile/ },
    { name: 'stdin for both', files: ['a'], path: '-', file: '-', message: 'stdin cannot be both the context and the Dockerfile', hint: /by its path/ },
    { name: 'two Dockerfiles', files: ['a'], path: '-', file: 'a', message: 'ambiguous Dockerfile: one is on stdin, and one is named by --file', hint: /leave out/ },
  ]
  for (const { name, files, path, file, message, hint } of refused) {
    it(`refuses ${name}`, () => inFolder(files, async (folder) => assert.rejects(find(folder, path, file), { message, hint })))
  }
})
