/** Variables of the server and of this tool. */
const OWN = new Set(['VAULT_KEY', 'ID_KEY', 'API_KEYS', 'MDOPS_KEY', 'PUBLIC_URL', 'EGRESS_ALLOW']);

/** The key or address of a model provider: `OPENAI_API_KEY`, `OPENAI_BASE_URL`, … */
const OF_PROVIDERS =
  /^(OPENAI|ANTHROPIC|OPENROUTER|GEMINI|GOOGLE|GROQ|MISTRAL|DEEPSEEK|XAI|TOGETHER|FIREWORKS|CEREBRAS|PERPLEXITY|COHERE|AZURE_OPENAI|AZURE|OLLAMA|LMSTUDIO|LM_STUDIO|VLLM|MOONSHOT|NEBIUS|HUGGINGFACE|HF|DEEPINFRA|SAMBANOVA|DASHSCOPE)_(\w*_)?(KEY|TOKEN|BASE_URL|SECRET)$/;

/**
 * Where `${env:X}` of a prompt finds its value: `SECRET_X`, set for prompts, or else `X`.
 * A prompt written by somebody else chooses both the name and the server that the value goes to,
 * so it must not be able to name the keys that pay for models or that the server signs with.
 * @returns null when the secret is not set, or may not be used
 */
export function environmentSecrets(
  env: Readonly<Record<string, string | undefined>>,
): (name: string) => string | null {
  return (name) => {
    const meant = env[`SECRET_${name}`];
    if (meant !== undefined && meant !== '') return meant;
    const upper = name.toUpperCase();
    if (OWN.has(upper) || OF_PROVIDERS.test(upper)) return null;
    const value = env[name];
    return value === undefined || value === '' ? null : value;
  };
}
