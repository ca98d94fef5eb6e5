/** Whose a path of the artifact proxy is: a run's or a model's of the experiment that it names, or nobody's. */
export type ArtifactOwner = { kind: 'run' | 'model'; id: string; experimentId: string } | { kind: 'other' }

/**
 * To what the things belong that requests name. Answers undefined for what does not exist. A run and a logged model keep
 * their experiment for good; names move.
 */
export type Owners = {
  /** run ids to experiment ids; what is absent is not in the answer */
  runs(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  loggedModels(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  experimentNamed(name: string): Promise<string | undefined>
  hasExperiment(id: string): Promise<boolean>
  hasRegisteredModel(name: string): Promise<boolean>
  /** throws INVALID_PARAMETER_VALUE for what is no path */
  artifact(path: string): ArtifactOwner
}
