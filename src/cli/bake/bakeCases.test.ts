import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { callCommand, type Called } from '../calledCommand.suite.ts'
import { type BakeCase, commandOf, readBakeCases, updateBakeCases } from './bakeCases.suite.ts'

const made: string[] = []

async function run(test: BakeCase): Promise<Called> {
  const folder = await mkdtemp(join(tmpdir(), 'pelago-bake-'))
  made.push(folder)
  for (const [path, text] of test.files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    if (path !== '-') await writeFile(join(folder, path), text)
  }
  return await callCommand(['bake', ...commandOf(test)], { env: { HOME: folder, NO_COLOR: '1', ...test.env }, workingFolder: folder, input: test.files.get('-') ?? '' })
}

describe('bake --print and --list', () => {
  after(async () => {
    for (const folder of made) await rm(folder, { recursive: true })
    updateBakeCases(printed)
  })
  const printed = new Map<string, string>()
  for (const test of readBakeCases()) {
    it(test.name, async () => {
      const { code, stdout, stderr } = await run(test)
      if (test.error !== undefined) {
        assert.notEqual(code, 0, stdout)
        assert.ok(stderr.includes(test.error), stderr)
        assert.doesNotMatch(stderr, /This is a bug/)
        return
      }
      assert.equal(code, 0, stderr)
      printed.set(test.name, stdout)
      assert.ok(stderr.includes(test.warning ?? ''), stderr)
      if (test.warning === undefined) assert.equal(stderr, '')
      if (process.env['UPDATE_GOLDEN'] !== '1') assert.equal(stdout, test.stdout)
    })
  }
})
