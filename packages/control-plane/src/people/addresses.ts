import { isIP } from 'node:net'

/** An address as a number. IPv4 within IPv6 (`::ffff:192.0.2.1`) is the IPv4 address that it stands for. */
export interface Address {
  readonly bits: 32 | 128
  readonly value: bigint
}

export interface Network {
  readonly base: Address
  readonly prefix: number
}

const mappedPrefix = 0xffffn << 32n

/** Undefined for what is no address. A zone (`fe80::1%eth0`) is left out. */
export function parseAddress(text: string): Address | undefined {
  const [plain = ''] = text.split('%')
  const version = isIP(plain)
  if (version === 0) return undefined
  const value = version === 4 ? valueOfIpv4(plain) : valueOfIpv6(plain)
  if (version === 4) return { bits: 32, value }
  return value >> 32n === 0xffffn ? { bits: 32, value: value - mappedPrefix } : { bits: 128, value }
}

/** CIDR, or a single address. Bits after the prefix are cleared. Undefined for what is neither. */
export function parseNetwork(text: string): Network | undefined {
  const [addressText = '', prefixText, more] = text.trim().split('/')
  const address = parseAddress(addressText)
  if (address === undefined || more !== undefined || addressText.includes('%')) return undefined
  if (prefixText === undefined) return { base: address, prefix: address.bits }
  if (!/^\d{1,3}$/.test(prefixText)) return undefined
  const isMapped = address.bits === 32 && addressText.includes(':')
  const prefix = Number(prefixText) - (isMapped ? 96 : 0)
  return prefix < 0 || prefix > address.bits ? undefined : networkOf(address, prefix)
}

export function networkOf({ bits, value }: Address, prefix: number): Network {
  const rest = BigInt(bits - prefix)
  return { base: { bits, value: (value >> rest) << rest }, prefix }
}

export function contains({ base, prefix }: Network, address: Address): boolean {
  return base.bits === address.bits && networkOf(address, prefix).base.value === base.value
}

export function isLoopback(address: Address): boolean {
  return address.bits === 32 ? address.value >> 24n === 127n : address.value === 1n
}

/** The one way to write it that the catalogue keeps: compact enough, without abbreviation. */
export function formatNetwork({ base, prefix }: Network): string {
  return `${formatAddress(base)}/${prefix}`
}

export function formatAddress({ bits, value }: Address): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => (value >> BigInt(112 - 16 * i)) & 0xffffn)
  return groups.map((group) => group.toString(16)).join(':')
}

function valueOfIpv4(text: string): bigint {
  return text.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n)
}

/** The URL parser writes every form of an IPv6 address in one (RFC 5952), without dotted parts. */
function valueOfIpv6(text: string): bigint {
  const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1)
  const [before = '', after] = canonical.split('::')
  const head = before === '' ? [] : before.split(':')
  const tail = after === undefined || after === '' ? [] : after.split(':')
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail]
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n)
}
