// What serverless.yml asks of stages/<stage>.yml: ${file(infra/stage.cjs):values} and ${file(infra/stage.cjs):resources}.
// osls takes CommonJS here; the work is done in infra/stage/, in TypeScript.
module.exports = async ({ options, resolveVariable }) => {
  if (!process.features.typescript) {
    throw withoutTrace(
      `Node 24 is needed to package this: found ${process.version}. Use npm run package -- --stage <stage>, which brings it.`,
    );
  }
  const { loadStage } = await import('./stage/load.ts');
  const { resourcesOf } = await import('./stage/resources.ts');
  try {
    const stage = loadStage(await resolveVariable('sls:stage'), { region: options.region });
    return { values: stage.values, resources: resourcesOf(stage) };
  } catch (error) {
    throw error.name === 'StageError' ? withoutTrace(`\n\n${error.message}\n`) : error;
  }
};

/** osls prints the stack of an error; a person who mistyped a parameter needs the message. */
function withoutTrace(message) {
  return Object.assign(new Error(message), { stack: message });
}
