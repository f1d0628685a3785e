import assert from 'node:assert/strict'
import { closeSync, constants, existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { asByteString, bytesOf, fromText, type ByteString } from '../kit/byteString.ts'
import { ensureLocationIn, locateIn, normalizePath, openFolderIn, openRoot, resolveIn, walkIn } from './safePath.ts'

let base = ''

before(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'safe-path-')))
  mkdirSync(join(base, 'outside'))
  writeFileSync(join(base, 'outside/secret'), 'outside')
  mkdirSync(join(base, 'root/etc'), { recursive: true })
  mkdirSync(join(base, 'root/a/b'), { recursive: true })
  writeFileSync(join(base, 'root/etc/secret'), 'inside')
  symlinkSync('/etc', join(base, 'root/absolute'))
  symlinkSync('../../../../../etc', join(base, 'root/a/b/climbing'))
  symlinkSync(join(base, 'outside'), join(base, 'root/out'))
  symlinkSync('a/b/climbing', join(base, 'root/chain'))
  symlinkSync('loop', join(base, 'root/loop'))
  symlinkSync('/proc/self/cwd', join(base, 'root/magic'))
  mkdirSync(bytePath('root/new\nline\xff'))
  writeFileSync(bytePath('root/new\nline\xff/f\xfe'), 'bytes')
})
after(() => rmSync(base, { recursive: true }))

function bytePath(path: string): Buffer {
  return Buffer.concat([Buffer.from(`${base}/`), Buffer.from(path, 'latin1')])
}

describe('locateIn', () => {
  const inside = [
    { trick: 'a plain path', path: 'etc/secret' },
    { trick: 'a path that starts with a slash', path: '/etc/secret' },
    { trick: 'a path that climbs above the root', path: '../../../etc/secret' },
    { trick: 'climbing in the middle', path: 'a/../../../etc/secret' },
    { trick: 'an absolute link to a folder', path: 'absolute/secret' },
    { trick: 'a link that climbs above the root', path: 'a/b/climbing/secret' },
    { trick: 'a link to a link', path: 'chain/secret' },
    { trick: 'dots and empty components', path: './/etc/.//./secret' },
  ]
  for (const { trick, path } of inside) {
    it(`stays inside with ${trick}`, () => {
      using root = openRoot(join(base, 'root'))
      using found = locateIn(root, fromText(path))
      assert.equal(readFileSync(found.path, 'utf8'), 'inside')
    })
  }

  const refused = [
    { trick: 'a link to an absolute path that is only outside', path: 'out/secret', code: 'ENOENT' },
    { trick: 'a link to itself', path: 'loop/x', code: 'ELOOP' },
    { trick: 'a file as a folder', path: 'etc/secret/x', code: 'ENOTDIR' },
    { trick: "a link to the kernel's own links", path: 'magic/x', code: 'ENOENT' },
  ]
  for (const { trick, path, code } of refused) {
    it(`refuses ${trick}`, () => {
      using root = openRoot(join(base, 'root'))
      assert.throws(() => locateIn(root, fromText(path)), { code })
    })
  }

  it('does not follow a link in the last component', () => {
    using root = openRoot(join(base, 'root'))
    using found = locateIn(root, fromText('out'))
    assert.equal(readlinkSync(found.path, 'utf8'), join(base, 'outside'))
  })

  it('finds names with a newline and names that are not UTF-8', () => {
    using root = openRoot(join(base, 'root'))
    using found = locateIn(root, asByteString('new\nline\xff/f\xfe'))
    assert.equal(readFileSync(found.path, 'utf8'), 'bytes')
  })

  it('keeps to the folder it found when a link takes its place', () => {
    mkdirSync(join(base, 'root/swap'))
    using root = openRoot(join(base, 'root'))
    using found = locateIn(root, fromText('swap/file'))
    renameSync(join(base, 'root/swap'), join(base, 'root/moved'))
    symlinkSync('../outside', join(base, 'root/swap'))
    writeFileSync(found.path, 'new')
    assert.equal(readFileSync(join(base, 'root/moved/file'), 'utf8'), 'new')
    assert.equal(existsSync(join(base, 'outside/file')), false)
  })

  it('takes the root itself for a path that comes to nothing', () => {
    using root = openRoot(join(base, 'root'))
    for (const path of ['', '/', '.', '..', 'a/../..']) {
      using found = locateIn(root, fromText(path))
      assert.equal(found.name, '')
    }
  })
})

describe('ensureLocationIn', () => {
  it('makes absent folders inside, through links too', () => {
    using root = openRoot(join(base, 'root'))
    using made = ensureLocationIn(root, fromText('absolute/x/y/../z/file'))
    writeFileSync(made.path, 'made')
    assert.equal(readFileSync(join(base, 'root/etc/x/z/file'), 'utf8'), 'made')
  })

  it('refuses to make folders through a link that leads nowhere', () => {
    using root = openRoot(join(base, 'root'))
    assert.throws(() => ensureLocationIn(root, fromText('out/x/file')), { code: 'EEXIST' })
    assert.equal(existsSync(join(base, 'outside/x')), false)
  })
})

describe('resolveIn', () => {
  const cases = [
    { path: 'chain/secret', want: 'etc/secret' },
    { path: '/', want: '' },
    { path: 'a/b/../..', want: '' },
  ]
  for (const { path, want } of cases) {
    it(`resolves ${path} to ${JSON.stringify(want)}`, () => {
      using root = openRoot(join(base, 'root'))
      assert.equal(resolveIn(root, fromText(path)), want)
    })
  }
})

describe('walkIn, for kernels without openat2,', () => {
  const paths = ['etc', '/etc', '../../etc', 'absolute', 'a/b/climbing', 'chain', 'a/b/..', '.', 'out', 'loop', 'etc/secret', 'nope', 'a/../a/../chain/..']
  for (const path of paths) {
    it(`comes to what openat2 comes to for ${path}`, () => {
      using root = openRoot(join(base, 'root'))
      const walk = (): string => {
        const fd = walkIn(root, fromText(path), constants.O_DIRECTORY)
        try {
          return readlinkSync(`/proc/self/fd/${fd}`)
        } finally {
          closeSync(fd)
        }
      }
      const open = (): string => {
        using found = openFolderIn(root, fromText(path))
        return readlinkSync(`/proc/self/fd/${found.fd}`)
      }
      assert.deepEqual(outcome(walk), outcome(open))
    })
  }

  function outcome(action: () => string): string {
    try {
      return action()
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error)
    }
  }
})

describe('normalizePath', () => {
  it('gives a path without dots, that is its own normal form', () => {
    const component = fc.constantFrom('.', '..', '', 'a', 'b', '...', '\xff')
    fc.assert(
      fc.property(fc.array(component), (components) => {
        const normal: ByteString = normalizePath(asByteString(components.join('/')))
        assert.equal(normalizePath(normal), normal)
        assert.equal(normal === '' || normal.split('/').every((part) => part !== '' && part !== '.' && part !== '..'), true)
        assert.ok(bytesOf(normal).byteLength <= components.join('/').length)
      }),
    )
  })
})
