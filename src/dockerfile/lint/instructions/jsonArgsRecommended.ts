import { keywordOf } from '../keyword.ts'
import { buildkitRule } from '../rule.ts'

/** Where the Dockerfile chooses a shell by SHELL, it wants one. */
export const jsonArgsRecommended = buildkitRule('JSONArgsRecommended', 'CMD and ENTRYPOINT are JSON lists, so that the program itself gets the signals and not a shell', ({ steps }) =>
  steps.flatMap(({ instruction, before }) => {
    if (instruction.kind !== 'cmd' && instruction.kind !== 'entrypoint') return []
    const hasOwnShell = (before.image.container.shell ?? []).length > 0
    if (!instruction.command.isShell || hasOwnShell) return []
    const name = keywordOf(instruction)
    return [{ message: `${name} runs in a shell, which gets the signals in its place: write a JSON list, ${name} ["program", "argument"]`, span: instruction.span }]
  }),
)
