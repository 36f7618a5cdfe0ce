import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Packaged, packageStage } from './package-stage.ts';
import { type GoldenStage, golden, goldenFile, goldenStageNames, goldenStages } from './template.ts';

/** osls takes two seconds, on a busy machine many. */
const timeout = 120_000;

describe.each(goldenStageNames)('stage %s', (stage: GoldenStage) => {
  let packaged: Packaged;
  beforeAll(async () => {
    packaged = await packageStage(stage, goldenStages[stage]);
  }, timeout);

  it('is packaged without a network, credentials or a home, and without a warning', () => {
    expect(packaged.output).toMatch(/^\s*Packaging .+\s+✔ Service packaged \(\d+s\)\s*$/);
  });

  // After a change that is meant: npm test -- test/infra/package -u, and read the difference.
  it('makes the template that was reviewed', async () => {
    expect(packaged.template).toBeDefined();
    const text = packaged.template === undefined ? '' : golden(packaged.template);
    await expect(text).toMatchFileSnapshot(fileURLToPath(goldenFile(stage)));
  });
});

describe('--region', { timeout }, () => {
  it('goes before the region of the file, everywhere', async () => {
    const options = ['--region', 'us-east-2'];
    const { template, output } = await packageStage('minimal', 'test/infra/stages', options);
    expect(output).toContain('(us-east-2)');
    expect(template).toBeDefined();
    // Its keys are where the file says that the function is.
    const { output: refusal } = await packageStage('everything', 'test/infra/stages', options);
    expect(refusal).toMatch(
      /ledger\.kmsKeyArn is in another region[^\n]+\n +found[^\n]+\n +expected +one in us-east-2/,
    );
  });
});

describe('a stage that cannot be used', { timeout }, () => {
  it('stops osls with the message alone', async () => {
    const { template, output } = await packageStage('broken', 'test/infra/stages/broken');
    expect(template).toBeUndefined();
    expect(output).toContain('stage-parameter  stages/broken.yml: schdule is no parameter, and schedule is.');
    expect(output).not.toMatch(/\.ts:\d+|node:internal/);
  });

  it('says what stages there are', async () => {
    const { output } = await packageStage('prod', 'test/infra/stages/broken');
    expect(output).toContain('stage-missing  There is no stage prod: stages/prod.yml cannot be read.');
    expect(output).toContain('expected  one of broken');
  });
});
