/** A region in the one spelling that Coffre uses: `US_WEST_2`, as Atlas has it, is `us-west-2`. */
export function regionLabel(region: string): string {
  return region.trim().toLowerCase().replaceAll('_', '-')
}
