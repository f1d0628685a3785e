import assert from 'node:assert/strict'
import { chmod, link, mkdir, mkdtempDisposable, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { digestContext } from './contextDigest.ts'

const signal = new AbortController().signal
const FILES = { Dockerfile: 'FROM scratch\n', 'src/a': 'a', 'src/b.sh': 'b' }

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, dirname(path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
}

/** Digests of a context before and after `change`. */
async function digests(change: (folder: string) => Promise<void>, before: Readonly<Record<string, string>> = {}): Promise<readonly [string, string]> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'pelago-digest-'))
  await write(folder.path, { ...FILES, ...before })
  const digest = (): Promise<string> => digestContext({ folder: folder.path, ownIgnoreFile: join(folder.path, 'own.dockerignore') }, signal)
  const first = await digest()
  await change(folder.path)
  return [first, await digest()]
}

const part = '{\n  "format": "pelago.build-part",\n  "version": 1\n}\n'

describe('digestContext', () => {
  const same: readonly { readonly name: string; readonly before?: Readonly<Record<string, string>>; readonly change: (folder: string) => Promise<void> }[] = [
    { name: 'times', change: (folder) => utimes(join(folder, 'src/a'), 1, 1) },
    { name: 'who may read and write', change: (folder) => chmod(join(folder, 'src/a'), 0o666) },
    { name: 'whether two files of one content are one', change: async (folder) => {
      await rm(join(folder, 'twin'))
      await link(join(folder, 'src/a'), join(folder, 'twin'))
    }, before: { twin: 'a' } },
    { name: '.git, wherever', change: (folder) => write(folder, { '.git/config': 'x', 'src/.git': 'gitdir: elsewhere' }) },
    { name: 'parts of earlier builds', change: (folder) => write(folder, { 'part.json': part }) },
    { name: 'what .dockerignore leaves out', before: { '.dockerignore': 'out\n' }, change: (folder) => write(folder, { 'out/x': 'x' }) },
    { name: 'what the Dockerfile\'s own ignore file leaves out', before: { '.dockerignore': '', 'own.dockerignore': 'out\n' }, change: (folder) => write(folder, { 'out/x': 'x' }) },
  ]
  for (const { name, before, change } of same) {
    it(`takes no notice of ${name}`, async () => {
      const [first, second] = await digests(change, before)
      assert.equal(second, first)
    })
  }

  const different: readonly { readonly name: string; readonly before?: Readonly<Record<string, string>>; readonly change: (folder: string) => Promise<void> }[] = [
    { name: 'another content', change: (folder) => write(folder, { 'src/a': 'A' }) },
    { name: 'a file more', change: (folder) => write(folder, { 'src/c': '' }) },
    { name: 'an empty folder more', change: async (folder) => void (await mkdir(join(folder, 'empty'))) },
    { name: 'who may execute', change: (folder) => chmod(join(folder, 'src/b.sh'), 0o755) },
    { name: 'where a link leads', change: async (folder) => {
      await rm(join(folder, 'src/a'))
      await symlink('b.sh', join(folder, 'src/a'))
    } },
    { name: 'what .dockerignore brings back', before: { '.dockerignore': 'out\n!out/x\n' }, change: (folder) => write(folder, { 'out/x': 'x' }) },
  ]
  for (const { name, before, change } of different) {
    it(`sees ${name}`, async () => {
      const [first, second] = await digests(change, before)
      assert.notEqual(second, first)
    })
  }
})
