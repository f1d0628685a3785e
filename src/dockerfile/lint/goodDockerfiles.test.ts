import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { checkText } from './lintText.suite.ts'

/** Dockerfiles as people write them who know what they do: nobody is told anything, whatever is built. */
describe('a good Dockerfile', () => {
  const folder = new URL('testdata/good/', import.meta.url)
  for (const name of readdirSync(folder)) {
    const text = readFileSync(new URL(name, folder), 'utf8')
    for (const platforms of [['linux/amd64'], ['linux/arm64'], ['linux/amd64', 'linux/arm64', 'linux/arm/v7']]) {
      it(`has no warnings: ${name} for ${platforms.join(', ')}`, async () => {
        const { warnings, error } = await checkText(text, { platforms })
        assert.equal(error, undefined)
        assert.deepEqual(warnings.map(({ rule, message, span }) => `${rule} ${span.startLine}: ${message}`), [])
      })
    }
  }
})
