import type { OutputGroups } from '../render/plain.ts'
import type { CiSystem } from './ciSystem.ts'
import { formatWorkflowCommand } from './workflowCommand.ts'

/** The output of steps as parts of the log that fold. */
export function createOutputGroups(system: CiSystem): OutputGroups {
  switch (system) {
    case 'github':
      return {
        open: (name) => `${formatWorkflowCommand('group', {}, name)}\n`,
        close: () => `${formatWorkflowCommand('endgroup', {}, '')}\n`,
      }
    case 'gitlab':
      return createSections()
  }
}

/** After GitLab's "Custom collapsible sections": marks that the terminal takes for nothing; each section needs a name of its own. */
function createSections(): OutputGroups {
  let count = 0
  const mark = (kind: 'start' | 'end', at: number, options: string): string => `\u001b[0Ksection_${kind}:${Math.floor(at / 1000)}:pelago_${count}${options}\r\u001b[0K`
  return {
    open(name, at) {
      count += 1
      return `${mark('start', at, '[collapsed=true]')}${name}\n`
    },
    close: (at) => `${mark('end', at, '')}\n`,
  }
}
