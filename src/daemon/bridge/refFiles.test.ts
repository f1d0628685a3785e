import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ResultFiles } from '../../engine/build/resultFiles.ts'
import type { Built } from '../../engine/engine.ts'
import { createRefFiles, type RefFiles } from './refFiles.ts'

const never = new AbortController().signal

describe('files of results', () => {
  it('are opened once, and closed with the build', async () => {
    const { files, log } = fixture()
    await Promise.all([readName(files, 'a'), readName(files, 'a')])
    assert.equal(await readName(files, 'a'), 'a')
    await files[Symbol.asyncDispose]()
    assert.deepEqual(log, ['open a', 'close a'])
  })

  it('are open of some results at once, and of more for as long as each is read', async () => {
    const { files, log } = fixture()
    for (let index = 0; index < 34; index++) await readName(files, `${index}`)
    assert.deepEqual(log.slice(32), ['open 32', 'close 32', 'open 33', 'close 33'])
    log.length = 0
    await readName(files, '3')
    assert.deepEqual(log, [])
  })

  it('are tried again after a failure', async () => {
    const { files, failures } = fixture()
    failures.add('a')
    await assert.rejects(readName(files, 'a'), /no a/)
    failures.delete('a')
    assert.equal(await readName(files, 'a'), 'a')
  })

  it('are read by themselves once the build is over, also by who had begun before', async () => {
    const { files, log } = fixture()
    const begun = readName(files, 'a')
    await files[Symbol.asyncDispose]()
    assert.deepEqual([await begun, await readName(files, 'b')], ['a', 'b'])
    assert.deepEqual(log.filter((line) => line.startsWith('open')).length, log.filter((line) => line.startsWith('close')).length)
  })
})

interface Fixture {
  readonly files: RefFiles
  readonly log: string[]
  /** References whose files cannot be opened. */
  readonly failures: Set<string>
}

async function readName(files: RefFiles, ref: string): Promise<string> {
  return Buffer.from(await files.read(ref, (opened) => opened.readFile('/name'))).toString()
}

/** Results whose files say by which reference they were opened. */
function fixture(): Fixture {
  const log: string[] = []
  const failures = new Set<string>()
  const openFiles = async (ref: string): Promise<ResultFiles> => {
    if (failures.has(ref)) throw new Error(`no ${ref}`)
    log.push(`open ${ref}`)
    let isClosed = false
    return {
      readFile: () => (isClosed ? assert.fail('read after it was closed') : Buffer.from(ref)),
      readFolder: () => [],
      stat: () => assert.fail('not asked'),
      async [Symbol.asyncDispose]() {
        isClosed = true
        log.push(`close ${ref}`)
      },
    }
  }
  const files = createRefFiles((ref) => ({ built: { openFiles: () => openFiles(ref) } as Partial<Built> as Built, index: 0 }), never)
  return { files, log, failures }
}
