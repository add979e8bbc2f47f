import type { Reporter, TestModule } from 'vitest/node';

/** Says the result of the whole run in one plain line, for people and programs that read logs. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state !== 'pending') count[state] += 1;
      }
      // A file that cannot be loaded holds no test and has failed all the same.
      if (module.state() === 'failed' && module.errors().length > 0) count.failed += 1;
    }
    const skipped = count.skipped === 0 ? '' : `, ${count.skipped} skipped`;
    console.log(`\n${count.passed} passed, ${count.failed} failed${skipped}`);
  }
}
