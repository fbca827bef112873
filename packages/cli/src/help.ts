export async function overview(..._: unknown[]): Promise<string> { return 'help\n' }
export async function commandHelp(..._: unknown[]): Promise<string> { return 'help\n' }
