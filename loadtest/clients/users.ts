/** The principal of a user of static tokens. */
export const principalOf = (user: string): string => `user:${user}`;
