import type { Dockerfile } from '../dockerfile.ts'
import type { DockerfileWarning } from '../dockerfileWarning.ts'
import type { GlobalScope } from '../lower/globalScope.ts'
import type { PlannedStage } from '../lower/plan.ts'
import type { LowerRequest } from '../lower/request.ts'
import type { CheckOptions } from './checkOptions.ts'
import { lintDockerfile, readCheckOptions } from './lintDockerfile.ts'
import type { LintedImage, LintedStep, LintSubject } from './lintSubject.ts'

/** Taken while a Dockerfile is lowered, so that it can be linted however far that came. */
export interface LintNotes {
  readonly options: CheckOptions
  readonly setScope: (scope: GlobalScope) => void
  readonly setPlanned: (planned: readonly PlannedStage[]) => void
  readonly setTarget: (target: PlannedStage) => void
  readonly addStep: (step: LintedStep) => void
  readonly addImage: (image: LintedImage) => void
  /** All that was noted so far. */
  subject(dockerfile: Dockerfile): LintSubject
  lint(dockerfile: Dockerfile): readonly DockerfileWarning[]
}

/** @throws BuildError where the Dockerfile asks for checks that there are not */
export function createLintNotes(request: LowerRequest): LintNotes {
  const options = readCheckOptions(request.source, request.buildArgs)
  const steps: LintedStep[] = []
  const images: LintedImage[] = []
  let scope: GlobalScope | undefined
  let planned: readonly PlannedStage[] = []
  let target: PlannedStage | undefined
  const subject = (dockerfile: Dockerfile): LintSubject => ({ dockerfile, request, scope, planned, target, steps, images })
  return {
    options,
    setScope(found) {
      scope = found
    },
    setPlanned(found) {
      planned = found
    },
    setTarget(found) {
      target = found
    },
    addStep: (step) => void steps.push(step),
    addImage: (image) => void images.push(image),
    subject,
    lint: (dockerfile) => lintDockerfile(subject(dockerfile), options),
  }
}
