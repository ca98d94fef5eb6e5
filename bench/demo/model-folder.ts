import type { Model } from './learn.ts'
import { at, predict } from './learn.ts'
import type { File, Study } from './study.ts'

const python = '3.12.7'
const requirements = 'mlflow-skinny==3.17.2\nnumpy==2.3.4\n'

/** The folder that MLflow's own log_model would leave: MLmodel, environment, weights, an example and a card. */
export function modelFolder(study: Study, model: Model, run_id: string, timestamp: number) {
  const created = new Date(timestamp).toISOString().replace('T', ' ').replace('Z', '')
  const inputs = study.feature_names.map((name) => ({ type: 'double', name, required: true }))
  const signature = { inputs: JSON.stringify(inputs), outputs: JSON.stringify([{ type: 'double', required: true }]) }
  const flavors = {
    python_function: { loader_module: `${study.team.replace('-', '_')}.serve`, python_version: python },
  }
  const example = at(study.valid.features, 0)
  const files: File[] = [
    {
      path: 'model/MLmodel',
      type: 'text/yaml',
      content: [
        'artifact_path: model',
        'flavors:',
        '  python_function:',
        '    data: weights.json',
        '    env:',
        '      conda: conda.yaml',
        '      virtualenv: python_env.yaml',
        `    loader_module: ${flavors.python_function.loader_module}`,
        `    python_version: ${python}`,
        'mlflow_version: 3.17.2',
        `run_id: ${run_id}`,
        'saved_input_example_info:',
        '  artifact_path: input_example.json',
        '  type: dataframe',
        'signature:',
        `  inputs: '${signature.inputs}'`,
        `  outputs: '${signature.outputs}'`,
        `utc_time_created: '${created}'`,
        '',
      ].join('\n'),
    },
    { path: 'model/requirements.txt', type: 'text/plain', content: requirements },
    {
      path: 'model/conda.yaml',
      type: 'text/yaml',
      content: `name: ${study.name}\nchannels:\n- conda-forge\ndependencies:\n- python=${python}\n- pip\n- pip:\n  - mlflow-skinny==3.17.2\n  - numpy==2.3.4\n`,
    },
    {
      path: 'model/python_env.yaml',
      type: 'text/yaml',
      content: `python: ${python}\nbuild_dependencies:\n- pip\ndependencies:\n- -r requirements.txt\n`,
    },
    {
      path: 'model/weights.json',
      type: 'application/json',
      content: JSON.stringify({ ...model, weights: model.weights.map((layer) => [...layer]) }),
    },
    {
      path: 'model/input_example.json',
      type: 'application/json',
      content: JSON.stringify({ columns: study.feature_names, data: [[...example]] }),
    },
    {
      path: 'model/README.md',
      type: 'text/markdown',
      content: [
        `# ${study.name}`,
        '',
        study.note,
        '',
        '| | |',
        '|---|---|',
        `| trained on | ${study.dataset.name} (${study.dataset.digest}), ${study.train.features.length} rows |`,
        `| checked on | ${study.valid.features.length} rows it has not seen |`,
        `| features | ${study.feature_names.length} |`,
        `| answer for the example | ${[...predict(model, example)].map((value) => value.toFixed(4)).join(', ')} |`,
        '',
      ].join('\n'),
    },
  ]
  return {
    files,
    summary: {
      artifact_path: 'model',
      flavors,
      utc_time_created: created,
      run_id,
      signature,
      mlflow_version: '3.17.2',
    },
  }
}
