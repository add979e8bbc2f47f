import { describe, expect, it } from 'vitest';
import { filledPrompt } from '../../src/worker/editor/filled-prompt.ts';

const filled = (query: string) => filledPrompt(new URLSearchParams(query));

describe('a link that fills the editor', () => {
  it('fills in the prompt as it is', () => {
    expect(filled('prompt=Say+hello.')).toBe('Say hello.');
  });

  it('shows its settings in the frontmatter', () => {
    expect(filled('prompt=Hi.&model=demo&temperature=0.5&mcp_url=https://x.example/mcp')).toBe(
      '---\nmodel: demo\ntemperature: 0.5\ntools:\n  - type: mcp\n    server_url: https://x.example/mcp\n---\nHi.',
    );
  });

  it('writes into the frontmatter that is there, and keeps what is written around it', () => {
    const prompt = '---\n# which one\nmodel: a # mine\nmaxSteps: 3\n---\nHi.';
    const query = new URLSearchParams({ prompt, model: 'b', max_steps: '5' });
    expect(filledPrompt(query)).toBe('---\n# which one\nmodel: b # mine\nmaxSteps: 5\n---\nHi.');
  });

  it('shows values of inputs as their defaults', () => {
    expect(filled('prompt=Hi+{{name}}.&input={"name":"Ada"}')).toBe(
      '---\ninput:\n  default:\n    name: Ada\n---\nHi {{name}}.',
    );
  });

  it.each(['prompt=Hi.&utm_source=x', 'prompt=Hi.&wait=60&dry_run=1&suggested=1'])(
    'leaves out what is no setting: %s',
    (query) => {
      expect(filled(query)).toBe('Hi.');
    },
  );

  it('leaves frontmatter that cannot be read to its reader', () => {
    const prompt = '---\nmodel: [\n---\nHi.';
    expect(filledPrompt(new URLSearchParams({ prompt, model: 'b' }))).toBe(prompt);
  });
});
