import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createScreen } from './screen.ts'

/** What a terminal shows after it got `text`: enough of one for what a screen writes. */
function shown(text: string): readonly string[] {
  const rows: string[] = ['']
  let row = 0
  for (const [token] of text.matchAll(/\u001b\[[?\d]*[A-Za-z]|\n|\r|[^\u001b\n\r]+/g)) {
    const up = /^\u001b\[(\d+)A$/.exec(token)
    if (up !== null) row -= Number(up[1])
    else if (token === '\n') rows[++row] ??= ''
    else if (token === '\u001b[J') rows.splice(row, Infinity, '')
    else if (!token.startsWith('\u001b') && token !== '\r') rows[row] = token
  }
  return rows
}

function drawAll(frames: readonly (readonly string[])[], columns = 80): string {
  let written = ''
  const screen = createScreen({ write: (text) => (written += text), columns })
  frames.forEach((frame) => {
    screen.draw(frame)
  })
  screen.close()
  return written
}

describe('createScreen', () => {
  it('draws over what it drew', () => assert.deepEqual(shown(drawAll([['a', 'b'], ['c', 'd']])), ['c', 'd', '']))
  it('leaves nothing of a longer frame', () => assert.deepEqual(shown(drawAll([['a', 'b', 'c'], ['d']])), ['d', '']))
  it('grows', () => assert.deepEqual(shown(drawAll([['a'], ['b', 'c']])), ['b', 'c', '']))
  it('hides the cursor once and shows it at its end', () => {
    const written = drawAll([['a'], ['b']])
    assert.equal(written.split('\u001b[?25l').length, 2)
    assert.ok(written.endsWith('\u001b[?25h'))
  })
  it('writes nothing where nothing was drawn', () => assert.equal(drawAll([]), ''))
  it('goes up over lines that a narrower terminal broke', () => {
    let columns = 80
    let written = ''
    const screen = createScreen({
      write: (text) => (written += text),
      get columns() {
        return columns
      },
    })
    screen.draw(['x'.repeat(50)])
    columns = 20
    screen.draw(['y'])
    assert.ok(written.includes('\u001b[3A'))
  })
})
