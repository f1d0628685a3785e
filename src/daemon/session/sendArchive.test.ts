import { fromBinary } from '@bufbuild/protobuf'
import assert from 'node:assert/strict'
import { readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { BytesMessageSchema } from '../../api/gen/filesync_pb.ts'
import type { ClientCall } from '../../api/grpc/clientCall.ts'
import { GRPC, statusError } from '../../api/grpc/status.ts'
import { formatLentFile } from '../../api/lentFile.ts'
import { createTempFolder } from '../../kit/files/tempFolder.ts'
import { sendArchive } from './sendArchive.ts'

interface FakeCall extends ClientCall {
  readonly sent: Uint8Array[]
}

/** Of a client that answers with these messages. */
function callWith(answers: readonly Uint8Array[], finish: () => Promise<void> = async () => undefined): FakeCall {
  const sent: Uint8Array[] = []
  return {
    sent,
    send: async (message) => void sent.push(Uint8Array.from(message)),
    closeSend: () => undefined,
    messages: (async function* () {
      yield* answers
    })(),
    finish,
    cancel: () => undefined,
  }
}

async function* archive(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('an archive ')
  yield Buffer.from('in two chunks')
}

function textOf(call: FakeCall): string {
  return Buffer.concat(call.sent.map((message) => fromBinary(BytesMessageSchema, message).data)).toString()
}

/** What a client says of an empty file that it has just made. */
async function lend(path: string, change: { readonly inode?: string } = {}): Promise<Uint8Array> {
  await writeFile(path, '')
  const { dev, ino } = await stat(path, { bigint: true })
  return formatLentFile({ path, device: String(dev), inode: String(ino), ...change })
}

describe('sendArchive', () => {
  it('sends messages to who was not asked for a file', async () => {
    const call = callWith([])
    await sendArchive(call, archive(), false)
    assert.equal(textOf(call), 'an archive in two chunks')
  })

  it('writes into the file that is lent, and sends nothing', async () => {
    await using folder = createTempFolder(tmpdir())
    const path = join(folder.path, 'out')
    const call = callWith([await lend(path)])
    await sendArchive(call, archive(), true)
    assert.equal(await readFile(path, 'utf8'), 'an archive in two chunks')
    assert.deepEqual(call.sent, [])
  })

  for (const { name, answer } of [
    { name: 'lends none', answer: async () => new Uint8Array(0) },
    { name: 'lends one that is another file here', answer: (folder: string) => lend(join(folder, 'out'), { inode: '1' }) },
    { name: 'lends one that is not there', answer: async (folder: string) => formatLentFile({ path: join(folder, 'none'), device: '1', inode: '1' }) },
    {
      name: 'lends a link',
      answer: async (folder: string) => {
        await symlink('out', join(folder, 'link'))
        const lent = JSON.parse(Buffer.from(await lend(join(folder, 'out'))).toString()) as { device: string; inode: string }
        return formatLentFile({ ...lent, path: join(folder, 'link') })
      },
    },
  ]) {
    it(`sends messages to a client that ${name}`, async () => {
      await using folder = createTempFolder(tmpdir())
      const call = callWith([await answer(folder.path)])
      await sendArchive(call, archive(), true)
      assert.equal(textOf(call), 'an archive in two chunks')
      assert.equal(await readFile(join(folder.path, 'out'), 'utf8').catch(() => ''), '')
    })
  }

  it('is content where the client has the archive already, and with nothing else', async () => {
    const ending = (code: number): FakeCall => callWith([], async () => Promise.reject(statusError(code, 'no')))
    await sendArchive(ending(GRPC.alreadyExists), archive(), false)
    await assert.rejects(sendArchive(ending(GRPC.unavailable), archive(), false), /no/)
  })
})
