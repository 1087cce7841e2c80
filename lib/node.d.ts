// What Node has and its published types lack.

declare namespace NodeJS {
  interface Process {
    /** Sets the supplementary groups to those of the user and `extraGroup`; root only. */
    initgroups?(user: string | number, extraGroup: string | number): void;
  }
}
