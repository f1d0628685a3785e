import { ownRule } from '../rule.ts'
import { bottomOf } from './stagePlatforms.ts'

export const ignoredStagePlatform = ownRule('IgnoredStagePlatform', 'a stage that stands on another has its platform: --platform says nothing there', (subject) =>
  subject.planned.flatMap((stage) => {
    const { platform, span } = stage.from
    const bottom = bottomOf(stage, subject)
    if (bottom === stage || platform === undefined || platform === bottom.from.platform) return []
    return [{ message: `--platform=${platform} is without effect: the stage stands on ${JSON.stringify(stage.from.base)}, and has its platform`, span }]
  }),
)
