import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Compares with `testdata/<name>`; `UPDATE_GOLDEN=1` writes it anew. */
export function assertGolden(name: string, text: string): void {
  const path = join(import.meta.dirname, 'testdata', name)
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  assert.equal(text, readFileSync(path, 'utf8'))
}
