import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { auditPlatform } from '../../audit/auditPlatform.ts'
import type { LayerEntry, LayerFacts } from '../../audit/facts/layerFacts.ts'
import { emptyImageConfig } from '../../ground/oci/imageConfig.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { asByteString } from '../../kit/byteString.ts'
import { createBaselineStore } from './baselineStore.ts'
import { auditChain, countSettled } from './chainAudit.ts'
import { openTestDatabase } from './testDatabase.suite.ts'

const script = (path: string, line: string): LayerEntry => ({ kind: 'file', path: asByteString(path), mode: 0o755, hasCapabilities: false, content: { kind: 'script', line: asByteString(line) } })
const filler = (folder: string): readonly LayerEntry[] => Array.from({ length: 2000 }, (_, at) => ({ kind: 'file', path: asByteString(`${folder}/${at}`), mode: 0o644, hasCapabilities: false, content: { kind: 'other' } }))

const LAYERS: Readonly<Record<string, LayerFacts | undefined>> = {
  base: { entries: [...filler('usr/share'), script('usr/bin/old', '/usr/bin/perl'), script('bin/sh', '')] },
  large: { entries: [...filler('srv'), script('usr/bin/own', '/bin/sh')] },
  small: { entries: [script('usr/bin/tool', '/usr/bin/python3')] },
  smaller: { entries: [{ kind: 'removal', path: asByteString('bin/sh') }] },
}

/** Audits chains of LAYERS by name, and tells which of them were read. */
function openAudits(t: TestContext, database = openTestDatabase(t)): { readonly settled: (...names: readonly string[]) => number; readonly readFor: (baseLayers: number | undefined, ...names: readonly string[]) => Promise<readonly string[]> } {
  const baselines = createBaselineStore(database)
  const platform = parsePlatform('linux/amd64')
  return {
    settled: (...names) => countSettled(names, baselines),
    async readFor(baseLayers, ...names) {
      const read: string[] = []
      const image = { platform, config: emptyImageConfig(platform), baseLayers }
      const audit = await auditChain({ ...image, names }, baselines, (layer) => {
        read.push(names[layer] ?? '')
        return Promise.resolve(LAYERS[names[layer] ?? ''])
      })
      assert.deepEqual(audit, auditPlatform({ ...image, layers: names.map((name) => LAYERS[name]) }))
      return read
    },
  }
}

describe('auditChain', () => {
  it('reads a base image once, whatever is put on top of it', async (t) => {
    const { readFor } = openAudits(t)
    assert.deepEqual([await readFor(1, 'base', 'small'), await readFor(1, 'base', 'smaller'), await readFor(1, 'base')], [['base', 'small'], ['smaller'], []])
  })
  it('makes no baseline of few files', async (t) => {
    const { readFor, settled } = openAudits(t)
    assert.deepEqual([await readFor(1, 'small', 'smaller'), await readFor(1, 'small'), settled('small')], [['small', 'smaller'], ['small'], 0])
  })
  it('makes one of large layers that are met again', async (t) => {
    const { readFor, settled } = openAudits(t)
    await readFor(1, 'base', 'large', 'small')
    assert.deepEqual([settled('base', 'large'), await readFor(1, 'base', 'large', 'smaller'), settled('base', 'large', 'small'), await readFor(1, 'base', 'large', 'small')], [1, ['large', 'smaller'], 2, ['small']])
  })
  it('makes one where nobody says what the base image is, as soon as it is met again', async (t) => {
    const { readFor } = openAudits(t)
    assert.deepEqual([await readFor(undefined, 'base', 'small'), await readFor(undefined, 'base', 'smaller'), await readFor(undefined, 'base', 'small')], [['base', 'small'], ['base', 'smaller'], ['small']])
  })
  it('says what it can of an image with a layer that cannot be had', async (t) => {
    const { readFor } = openAudits(t)
    assert.deepEqual([await readFor(1, 'base', 'none', 'small'), await readFor(1, 'base'), await readFor(1, 'base', 'none')], [['base', 'none', 'small'], ['base'], ['none', 'base']])
  })
  it('finds its baselines after the engine has ended', async (t) => {
    const database = openTestDatabase(t)
    await openAudits(t, database).readFor(1, 'base')
    assert.deepEqual(await openAudits(t, database).readFor(1, 'base', 'small'), ['small'])
  })

  const damages: readonly (readonly [name: string, sql: string])[] = [
    ['was cut', 'UPDATE audit_baseline SET value = substr(value, 1, length(value) / 2)'],
    ['was changed', "UPDATE audit_baseline SET value = CAST(substr(value, 1, 300) || x'00ff00' || substr(value, 304) AS BLOB)"],
    ['is empty', "UPDATE audit_baseline SET value = x''"],
    ['is of another version', "UPDATE audit_baseline SET key = replace(key, ' ', ' 0')"],
    ['has the bytes of another', "UPDATE audit_baseline SET value = (SELECT value FROM audit_baseline ORDER BY key LIMIT 1)"],
  ]
  for (const [name, sql] of damages) {
    it(`makes a baseline anew that ${name}`, async (t) => {
      const database = openTestDatabase(t)
      const { readFor } = openAudits(t, database)
      await readFor(1, 'base')
      database.run(sql)
      assert.deepEqual([await readFor(1, 'base', 'small'), await readFor(1, 'base', 'small')], [['base', 'small'], ['small']])
    })
  }
  it('makes it anew once all is forgotten', async (t) => {
    const database = openTestDatabase(t)
    const { readFor } = openAudits(t, database)
    await readFor(1, 'base')
    createBaselineStore(database).forget()
    assert.deepEqual(await readFor(1, 'base', 'small'), ['base', 'small'])
  })
  it('lets the oldest baselines go', async (t) => {
    const database = openTestDatabase(t)
    const { readFor, settled } = openAudits(t, database)
    await readFor(1, 'base')
    database.run('UPDATE audit_baseline SET size_bytes = 64 << 20')
    await readFor(1, 'large')
    assert.deepEqual([settled('base'), settled('large')], [0, 1])
  })
})
