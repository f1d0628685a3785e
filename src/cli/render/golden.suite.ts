import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Compares with `testdata/<name>` in the test's own folder; `UPDATE_GOLDEN=1` writes it anew. */
export function assertGolden(name: string, text: string, folder = import.meta.dirname): void {
  const path = join(folder, 'testdata', name)
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  assert.equal(text, readFileSync(path, 'utf8'))
}
