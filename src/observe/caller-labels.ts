// The labels that say who called. There are no virtual keys, teams or users yet: they read as LiteLLM prints a missing
// value, so that a dashboard made for it finds the labels that it groups by.

const NONE = 'None';

/** Key and team, as the deployment families have them. */
export const NO_CALLER = {
  hashed_api_key: NONE,
  api_key_alias: NONE,
  team: NONE,
  team_alias: NONE,
} as const;

/** Key, team and user, as the request families have them. */
export const NO_USER = { end_user: NONE, ...NO_CALLER, user: NONE } as const;
