import { isHttpUrl } from '../../../ground/urlText.ts'
import type { CopyInstruction } from '../../../dockerfile/instructions/instruction.ts'
import type { PlanEdit } from '../buildPlan.ts'
import { isInImage, type EditRule, type EditSubject } from './editSubject.ts'

const ARCHIVE = /\.(?:tar(?:\.(?:gz|xz|bz2|zst))?|tgz|txz|tbz2?|zip)$/
const TAR = /\.(?:tar(?:\.(?:gz|xz|bz2))?|tgz|txz|tbz2?)$/

/** An archive that a later step unpacks stays in a layer of the image, though it is removed. */
export const keptArchive: EditRule = (subject) =>
  subject.dockerfile.steps.flatMap((step) => {
    const { instruction, stage, source } = step
    if (instruction.kind !== 'copy' || source.kind !== 'context' || !isInImage(step, subject.dockerfile)) return []
    const later = subject.scripts.filter((script) => script.step.stage.index === stage.index && script.step.instruction.span.startLine > instruction.span.endLine)
    return instruction.sources.filter((path) => isKept(path, instruction)).flatMap((path) => {
      const name = path.split('/').at(-1) ?? ''
      const unpacks = later.some(({ commands }) => commands.some(({ words }) => ['tar', 'unzip', 'bsdtar'].includes(words[0] ?? '') && words.some((word) => word.endsWith(name))))
      return unpacks ? [toEdit(path, instruction, subject)] : []
    })
  })

/** ADD unpacks those of the context by itself. */
function isKept(path: string, { command, unpack }: CopyInstruction): boolean {
  if (!ARCHIVE.test(path)) return false
  return command === 'COPY' || (isHttpUrl(path) ? unpack !== true : unpack === false || !TAR.test(path))
}

function toEdit(path: string, { span: { startLine, endLine } }: CopyInstruction, { context }: EditSubject): PlanEdit {
  const name = path.split('/').at(-1) ?? ''
  const instead = isHttpUrl(path) ? (TAR.test(path) ? `ADD --unpack=true ${path} FOLDER` : 'RUN: download, unpack and remove it in one step') : TAR.test(path) ? `ADD ${path} FOLDER` : `RUN --mount=type=bind,source=${path},target=/tmp/${name} unzip /tmp/${name} …`
  return { id: 'kept-archive', message: `${name} stays in the image beside what is unpacked of it, even where it is removed later`, lines: { startLine, endLine }, instead, savesBytes: isHttpUrl(path) ? undefined : context?.sizeBytes(path) }
}
