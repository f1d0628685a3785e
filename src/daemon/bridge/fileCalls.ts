import type { HandlerContext, ServiceImpl } from '@connectrpc/connect'
import { encodeFileStat } from '../../api/fileStat.ts'
import type { FileRange, LLBBridge } from '../../api/gen/gateway_pb.ts'
import type { FilePart } from '../../engine/build/resultFiles.ts'
import type { GatewayBuild } from '../gatewayBuilds.ts'

/** What a frontend reads of the results that it has: the work for them is done first, where it is not yet. */
export function createFileCalls(find: (context: HandlerContext) => Promise<GatewayBuild>): Pick<ServiceImpl<typeof LLBBridge>, 'readFile' | 'readDir' | 'statFile'> {
  return {
    async readFile({ Ref, FilePath, Range }, context) {
      const build = await find(context)
      await using files = await build.openFiles(Ref, context.signal)
      return { Data: files.readFile(FilePath, partOf(Range)) }
    },
    async readDir({ Ref, DirPath, IncludePattern }, context) {
      const build = await find(context)
      await using files = await build.openFiles(Ref, context.signal)
      return { entries: files.readFolder(DirPath, IncludePattern).map(encodeFileStat) }
    },
    async statFile({ Ref, Path }, context) {
      const build = await find(context)
      await using files = await build.openFiles(Ref, context.signal)
      return { stat: encodeFileStat(files.stat(Path)) }
    },
  }
}

export function partOf(range: FileRange | undefined): FilePart | undefined {
  return range === undefined ? undefined : { offset: Number(range.Offset), length: Number(range.Length) }
}
