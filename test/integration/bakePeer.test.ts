import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type BakeCase, commandOf, readBakeCases } from '../../src/cli/bake/bakeCases.suite.ts'
import { runCommand, type CommandResult } from '../support/pelago.ts'
import { buildxArgv, missingBuildx } from '../support/peers/buildx.ts'

/** What the real docker buildx makes of the documents whose outcome for pelago src/cli/bake/bakeCases.test.ts holds. */
describe('docker buildx bake on the same documents', { skip: missingBuildx, concurrency: 2 }, () => {
  let home: string
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'pelago-bake-peer-'))
  })
  after(async () => {
    await rm(home, { recursive: true })
  })

  async function run(test: BakeCase): Promise<CommandResult> {
    const folder = await mkdtemp(join(home, 'case-'))
    for (const [path, text] of test.files) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      if (path !== '-') await writeFile(join(folder, path), text)
    }
    const env = { PATH: process.env['PATH'] ?? '', HOME: home, DOCKER_CONFIG: join(home, '.docker'), ...test.env }
    return await runCommand(buildxArgv(['bake', ...commandOf(test)], 'peer'), { cwd: folder, env, input: test.files.get('-') ?? '' })
  }

  for (const test of readBakeCases()) {
    it(test.name, { skip: test.differs ?? false }, async () => {
      const { exitCode, stdout, stderr } = await run(test)
      if (test.error !== undefined) assert.notEqual(exitCode, 0, stdout)
      else {
        assert.equal(exitCode, 0, stderr)
        assert.equal(tidy(stdout), tidy(test.stdout ?? ''))
      }
    })
  }
})

/** Tables have other gaps. */
function tidy(text: string): string {
  return text.startsWith('{') || text.startsWith('[') ? text : text.replaceAll(/(?:\t| {3})[\t ]*/g, '  ').replaceAll(/ +$/gm, '')
}
