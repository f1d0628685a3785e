import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'

const root = join(import.meta.dirname, '..')

describe('the links of the documents', () => {
  for (const page of ['ARCHITECTURE.md', 'README.md']) {
    const targets = [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(([, target = '']) => target)
    it(`of ${page} are there at all`, () => assert.ok(targets.length > 2))
    for (const target of new Set(targets)) {
      it(`${page} links to ${target}, which is there`, () => assert.ok(existsSync(join(root, dirname(page), target))))
    }
  }
})
