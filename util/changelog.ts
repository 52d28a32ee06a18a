/**
 * What the newest section of a changelog tells.
 */
export interface Release {
  readonly version: string;
  /** What is new, in Markdown. */
  readonly notes: string;
}

/**
 * The release that a changelog is about: its newest section. Under `Unreleased` it is on its way to the next minor version, and has a version that comes before that.
 */
export function release(changelog: string): Release {
  const [[heading, notes], ...older] = changelog.split(/^## /m).slice(1).map(section => [section.slice(0, section.indexOf('\n')), section.slice(section.indexOf('\n')).trim()]);
  if (heading !== 'Unreleased') return { version: versionOf(heading), notes };
  const [major, minor] = older.length > 0 ? versionOf(older[0][0]).split('.') : ['0', '0'];
  return { version: `${major}.${Number(minor) + 1}.0-dev.0`, notes };
}

/** Where the repository is to be read as it is in a version. */
export function folderOf({ repository, version }: { repository: { url: string }; version: string }): string {
  return `${repository.url.replace(/\.git$/, '')}/blob/v${version}`;
}

/** The text, with links that lead from anywhere to the files of a repository's folder, as they do from within. */
export function linkedTo(folder: string, markdown: string): string {
  return markdown.replace(/\]\((?!https:|#)/g, `](${folder}/`);
}

/** Of `1.2.3` or `1.2.3 - 2027-01-31`. */
function versionOf(heading: string): string {
  const [, version] = /^(\d+\.\d+\.\d+)(?: - \d{4}-\d\d-\d\d)?$/.exec(heading) ?? [];
  if (version === undefined) throw new Error(`heading (${heading}) must be Unreleased, or a version such as 1.2.3 or 1.2.3 - 2027-01-31, in order to tell what is released`);
  return version;
}
