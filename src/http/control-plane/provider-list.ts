// The provider names that this gateway can call, for `/model/settings`: those of the vendor table and those with a
// dialect of their own.
import { VENDOR_TABLE } from '../../provider/vendor-table.ts';

const OWN_DIALECTS = ['azure', 'azure_ai', 'huggingface'];

/** As LiteLLM spells them, in alphabetical order. */
export function providerList(): readonly string[] {
  return [...new Set([...OWN_DIALECTS, ...VENDOR_TABLE.map(({ provider }) => provider)])].toSorted();
}
