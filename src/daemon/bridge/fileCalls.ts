import type { HandlerContext, ServiceImpl } from '@connectrpc/connect'
import { encodeFileStat } from '../../api/fileStat.ts'
import type { FileRange, LLBBridge } from '../../api/gen/gateway_pb.ts'
import type { FilePart } from '../../engine/build/resultFiles.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import type { GatewayBuild } from '../gatewayBuilds.ts'

/** What a frontend reads of the results that it has: the work for them is done first, where it is not yet. */
export function createFileCalls(find: (context: HandlerContext) => Promise<GatewayBuild>): Pick<ServiceImpl<typeof LLBBridge>, 'readFile' | 'readDir' | 'statFile'> {
  return {
    async readFile({ Ref, FilePath, Range }, context) {
      const build = await find(context)
      return { Data: await build.read(Ref, (files) => files.readFile(FilePath, partOf(Range)), context.signal) }
    },
    async readDir({ Ref, DirPath, IncludePattern }, context) {
      const build = await find(context)
      return { entries: (await build.read(Ref, (files) => files.readFolder(DirPath, IncludePattern), context.signal)).map(encodeFileStat) }
    },
    async statFile({ Ref, Path }, context) {
      const build = await find(context)
      return { stat: encodeFileStat(await build.read(Ref, (files) => files.stat(Path), context.signal)) }
    },
  }
}

/** @throws InvalidValueError */
export function partOf(range: Pick<FileRange, 'Offset' | 'Length'> | undefined): FilePart | undefined {
  if (range !== undefined && (range.Offset < 0n || range.Length < 0n)) throw new InvalidValueError(`invalid range of a file: ${range.Length} bytes from ${range.Offset} on`)
  return range === undefined ? undefined : { offset: Number(range.Offset), length: Number(range.Length) }
}
