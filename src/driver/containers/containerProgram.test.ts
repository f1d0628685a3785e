import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { findContainerProgram } from './containerProgram.ts'

const parent = await mkdtemp(join(tmpdir(), 'pelago-programs-'))
after(() => rm(parent, { recursive: true }))

/** A folder for PATH with these programs. */
async function folderOf(...names: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(parent, 'path-'))
  for (const name of names) {
    await writeFile(join(folder, name), '')
    await chmod(join(folder, name), 0o755)
  }
  return folder
}

async function wordsOf(programs: readonly string[], endpoint: string): Promise<readonly string[]> {
  const { argv: [file, ...words] } = findContainerProgram(['docker', 'podman'], endpoint, { PATH: await folderOf(...programs) })
  return [basename(file), ...words]
}

describe('the program for containers', () => {
  for (const [programs, endpoint, words] of [
    [['docker', 'podman'], 'default', ['docker']],
    [['docker'], 'far', ['docker', '--context', 'far']],
    [['docker'], 'ssh://me@host', ['docker', '--host', 'ssh://me@host']],
    [['podman'], '', ['podman']],
    [['podman'], 'vm', ['podman', '--connection', 'vm']],
    [['podman'], 'unix:///run/podman/podman.sock', ['podman', '--remote', '--url', 'unix:///run/podman/podman.sock']],
  ] as const) {
    it(`of ${programs.join(' and ')} for ${JSON.stringify(endpoint)} is called by ${words.join(' ')}`, async () => assert.deepEqual(await wordsOf(programs, endpoint), words))
  }
  it('is none that leads back here', async () => {
    const [first, second] = [await folderOf('pelago'), await folderOf('docker')]
    await symlink(join(first, 'pelago'), join(first, 'docker'))
    assert.equal(findContainerProgram(['docker'], '', { PATH: `${first}:${second}` }).argv[0], join(second, 'docker'))
  })
  it('is missed by name', () => assert.throws(() => findContainerProgram(['docker', 'podman'], '', { PATH: parent }), { name: 'EngineUnavailableError', message: 'there is no docker and no podman on PATH' }))
})
