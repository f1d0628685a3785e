import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'

const root = join(import.meta.dirname, '..')
const PAGES = ['ARCHITECTURE.md', 'README.md', ...readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)]

describe('the links of the documents', () => {
  for (const page of PAGES) {
    const targets = [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(([, target = '']) => target)
    it(`of ${page} are there at all`, () => assert.ok(targets.length > 0))
    for (const target of new Set(targets)) {
      it(`${page} links to ${target}, which is there`, () => assert.ok(existsSync(join(root, dirname(page), target))))
    }
  }
})
