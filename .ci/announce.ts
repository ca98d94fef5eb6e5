const services: Record<string, string> = {
  ASSAY_TEST_DATABASE_URL: 'Postgres: the same tests run on the embedded database',
  ASSAY_TEST_S3_ENDPOINT: 'an S3 server: artifacts are tested in a local folder',
  ASSAY_TEST_PYTHON: 'the real Python client: names a Python that has mlflow-skinny',
}

/** At the end of `npm test`: what was left out on this machine, and why. */
export function teardown() {
  const absent = Object.entries(services).filter(([variable]) => !process.env[variable])
  if (absent.length === 0) return
  const lines = absent.map(([variable, what]) => `  ${variable} is not set, so without ${what}.`)
  process.stdout.write(`\nLeft out here (.ci/run brings and tests it all):\n${lines.join('\n')}\n`)
}
