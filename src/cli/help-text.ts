// What `loadstone --help` prints.
import { FLAGS } from './flags.ts';

const COMMANDS = `Usage: loadstone [serve] --config FILE     serve a LiteLLM config (default command)
       loadstone check FILE [--json]      say what becomes of every key of a config
       loadstone explain --config FILE REQUEST.json [--json]
                                          say where a request would go and why; - reads it from stdin
       loadstone demo                     serve three fake Azure deployments and a fallback
       loadstone fake-provider            run a fake LLM provider with faults on demand

Flags:`;

const NAME_WIDTH = 26;

/** The whole text, without a line end. */
export function helpText(): string {
  const lines = [COMMANDS];
  for (const [name, flag] of Object.entries(FLAGS)) {
    if (flag.help === undefined) continue;
    const short = flag.short === undefined ? '    ' : `-${flag.short}, `;
    lines.push(`  ${short}--${name.padEnd(NAME_WIDTH - 8)} ${flag.help}`);
  }
  lines.push('', 'All other flags of LiteLLM are accepted and answered with a notice.');
  return lines.join('\n');
}
