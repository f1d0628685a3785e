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
  findBuildContext(path, file, { workingFolder, openStdin: () => Readable.from([Buffer.from('FROM '), Buffer.from('scratch')]) })

describe('findBuildContext', () => {
  it('finds the Dockerfile of the folder', () =>
    inFolder(['app/Dockerfile'], async (folder) => {
      const app = join(folder, 'app')
      assert.deepEqual(await find(folder, 'app'), { contextFolder: app, dockerfile: { kind: 'file', folder: app, filename: 'Dockerfile' } })
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

  const refused = [
    { name: 'a folder that is not there', files: ['a'], path: 'nowhere', message: 'no such folder: nowhere', hint: /such as \./ },
    { name: 'a file for a folder', files: ['a.Dockerfile'], path: 'a.Dockerfile', message: 'not a folder: a.Dockerfile', hint: /--file a\.Dockerfile/ },
    { name: 'a folder without Dockerfile, naming what is near', files: ['Dockerfile.dev', 'prod.Dockerfile', 'x'], path: '.', message: 'no Dockerfile in .', hint: /there is Dockerfile\.dev, prod\.Dockerfile: name it with --file/ },
    { name: 'a Dockerfile that is not there', files: ['Dockerfile'], path: '.', file: 'Dockerfil', message: 'no such Dockerfile: Dockerfil', hint: /there is Dockerfile/ },
    { name: 'a Dockerfile that is a folder', files: ['sub/Dockerfile'], path: '.', file: 'sub', message: 'the Dockerfile is a folder: sub', hint: /--file sub\/Dockerfile/ },
    { name: 'a context on stdin', files: ['a'], path: '-', message: 'a context on stdin is not supported yet', hint: /--file -/ },
    { name: 'a remote context', files: ['a'], path: 'https://x.io/a.git', message: 'remote contexts are not supported yet: https://x.io/a.git', hint: /clone/ },
  ]
  for (const { name, files, path, file, message, hint } of refused) {
    it(`refuses ${name}`, () => inFolder(files, async (folder) => assert.rejects(find(folder, path, file), { message, hint })))
  }
})
