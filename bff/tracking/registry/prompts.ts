import type { KeyValue } from '#contract'

/** The tag that makes a registered model a prompt. */
export const PROMPT_TAG = 'mlflow.prompt.is_prompt'

/** Its value decides, and of several the last. */
export const isPrompt = (tags: readonly KeyValue[]) =>
  tags.findLast(({ key }) => key === PROMPT_TAG)?.value.toLowerCase() === 'true'
