import assert from 'node:assert/strict'
import { closeSync, constants, fstatSync, fsyncSync, lstatSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { readCached, reasonAgainstDropping } from './files/pageCache.suite.ts'
import { futimens, link, lremovexattr, lsetxattr, mknod, openat2, readXattrs, RESOLVE, seekSparse, syncfs, tryFlock, unlockFlock, utimens } from './syscalls.ts'
import { cloneFile } from './syscalls/cloneFile.ts'
import { SyscallError } from './syscalls/libc.ts'

const signal = new AbortController().signal
let folder = ''

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'pelago-syscalls-'))
})
after(() => rmSync(folder, { recursive: true }))

function newFile(name: string, content = ''): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

describe('extended attributes', () => {
  it('keep bytes, empty values too, of files whose name is not UTF-8', () => {
    const path = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0x0a])])
    writeFileSync(path, '')
    lsetxattr(path, 'user.b', Uint8Array.of(1, 0, 255))
    lsetxattr(path, 'user.a', new Uint8Array(0))
    assert.deepEqual([...readXattrs(path)], [['user.a', new Uint8Array(0)], ['user.b', Uint8Array.of(1, 0, 255)]])
    lremovexattr(path, 'user.b')
    assert.deepEqual([...readXattrs(path).keys()], ['user.a'])
  })

  it('of a link are not those of what it leads to', () => {
    const target = newFile('target')
    lsetxattr(target, 'user.a', Uint8Array.of(1))
    symlinkSync('target', join(folder, 'link'))
    assert.deepEqual([...readXattrs(join(folder, 'link'))], [])
  })

  it('of a file that is absent are an error with code, call and path', () => {
    const path = join(folder, 'absent')
    assert.throws(() => readXattrs(path), { name: 'SyscallError', code: 'ENOENT', syscall: 'llistxattr', path })
  })
})

for (const { name, setTimes } of [
  { name: 'utimens', setTimes: (path: string, ns: bigint) => void utimens(path, undefined, ns) },
  { name: 'futimens', setTimes: (path: string, ns: bigint) => void withOpen(path, (fd) => void futimens(fd, undefined, ns)) },
]) {
  describe(name, () => {
    for (const ns of [0n, 1n, 1_577_836_800_123_456_789n, -1n, -1_000_000_001n]) {
      it(`sets ${ns} ns`, () => {
        const path = newFile('times')
        setTimes(path, ns)
        assert.equal(lstatSync(path, { bigint: true }).mtimeNs, ns)
      })
    }
  })
}

function withOpen(path: string, use: (fd: number) => void): void {
  const fd = openSync(path, 'r+')
  try {
    use(fd)
  } finally {
    closeSync(fd)
  }
}

describe('mknod', () => {
  it('makes a fifo with its permissions', () => {
    mknod(join(folder, 'fifo'), constants.S_IFIFO | 0o600, 0, 0)
    assert.equal(lstatSync(join(folder, 'fifo')).mode, constants.S_IFIFO | 0o600)
  })

  it('makes devices with large numbers', { skip: process.getuid?.() === 0 ? false : 'only root makes devices' }, () => {
    mknod(join(folder, 'device'), constants.S_IFCHR | 0o600, 300, 70_000)
    assert.equal(lstatSync(join(folder, 'device')).rdev, (300 << 8) | (70_000 & 0xff) | ((70_000 >> 8) << 20))
  })
})

describe('locks', () => {
  it('exclude others until they are given back', () => {
    const path = newFile('lock')
    const [first, second] = [openSync(path, 'r'), openSync(path, 'r')]
    assert.equal(tryFlock(first, 'exclusive'), true)
    assert.equal(tryFlock(second, 'shared'), false)
    unlockFlock(first)
    assert.equal(tryFlock(second, 'shared'), true)
    assert.equal(tryFlock(first, 'shared'), true)
    closeSync(first)
    closeSync(second)
  })
})

describe('openat2', () => {
  it('does not leave the folder it is told to stay in', () => {
    const fd = openSync(folder, 'r')
    try {
      assert.throws(() => openat2(fd, '../', { flags: 0, mode: 0, resolve: RESOLVE.beneath }), { code: 'EXDEV' })
    } finally {
      closeSync(fd)
    }
  })
})

describe('link', () => {
  it('links a symbolic link itself', () => {
    symlinkSync('nowhere', join(folder, 'dangling'))
    link(join(folder, 'dangling'), join(folder, 'dangling-twin'))
    assert.equal(lstatSync(join(folder, 'dangling-twin')).isSymbolicLink(), true)
  })
})

describe('syncfs', () => {
  it('reports the failure of a call on another thread', async () => {
    await assert.rejects(syncfs(-1), (error) => error instanceof SyscallError && error.code === 'EBADF')
  })
})

describe('cloneFile', () => {
  it('copies the content', async () => {
    const source = newFile('source', 'content')
    await cloneFile(source, join(folder, 'copy'), signal)
    assert.equal(readFileSync(join(folder, 'copy'), 'utf8'), 'content')
    assert.equal(statSync(join(folder, 'copy')).mode & 0o777, 0o600)
  })

  it('leaves holes as holes', async () => {
    const source = newFile('sparse', 'start')
    truncateSync(source, 50_000_000)
    await cloneFile(source, join(folder, 'sparse-copy'), signal)
    const fd = openSync(join(folder, 'sparse-copy'), 'r')
    assert.equal(fstatSync(fd).size, 50_000_000)
    assert.ok((seekSparse(fd, 0, 'hole') ?? Infinity) < 1_000_000)
    closeSync(fd)
  })

  it('leaves nothing in memory of what it has copied of a source that is too large to stay there', async (context) => {
    const source = newFile('huge', 'x'.repeat(48 * 1024 * 1024))
    const fd = openSync(source, 'r')
    try {
      const reason = reasonAgainstDropping(folder, fd)
      if (reason !== false) return void context.skip(reason)
      fsyncSync(fd)
      truncateSync(source, totalmem())
      await cloneFile(source, join(folder, 'huge-copy'), signal)
      assert.ok((readCached(fd)?.cachedBytes ?? Infinity) <= 32 * 1024 * 1024)
    } finally {
      closeSync(fd)
    }
  })

  it('copies between file systems, and tells what is there', { skip: process.platform === 'linux' ? false : 'needs /dev/shm' }, async () => {
    const source = mkdtempSync('/dev/shm/pelago-')
    try {
      writeFileSync(join(source, 'file'), 'x'.repeat(3_000_000))
      const target = join(folder, 'from-shm')
      const told: number[] = []
      const sizes: number[] = []
      await cloneFile(join(source, 'file'), target, signal, async (copiedBytes) => {
        told.push(copiedBytes)
        sizes.push(statSync(target).size)
      })
      assert.deepEqual([told.at(-1), told], [3_000_000, sizes])
    } finally {
      rmSync(source, { recursive: true })
    }
  })

  it('neither replaces a file nor follows a link', async () => {
    const source = newFile('clone-source', 'x')
    await assert.rejects(cloneFile(source, newFile('taken'), signal), { code: 'EEXIST' })
    symlinkSync('clone-source', join(folder, 'source-link'))
    await assert.rejects(cloneFile(join(folder, 'source-link'), join(folder, 'never'), signal), { code: 'ELOOP' })
  })
})
