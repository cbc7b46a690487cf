import ipaddr from "ipaddr.js";

/** An IPv4 subnet whose addresses can be counted. */
export interface Subnet {
  /** Network address and prefix length, e.g. 192.168.222.0/24. */
  readonly cidr: string;
  readonly first: number;
  readonly last: number;
  readonly prefix: number;
}

/** Returns the subnet of a text such as 192.168.222.0/24; undefined if it is no IPv4 network address with a prefix. */
export function parseSubnet(text: string): Subnet | undefined {
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(text)) return undefined;
  const [address, prefix] = ipaddr.IPv4.parseCIDR(text);
  const first = toNumber(address.toString());
  const size = 2 ** (32 - prefix);
  return first % size === 0 ? { cidr: text, first, last: first + size - 1, prefix } : undefined;
}

/**
 * Returns the subnet that contains an address.
 * @param mask Netmask or prefix length, as text.
 * @returns undefined unless both are of IPv4.
 */
export function subnetAround(address: string, mask: string): Subnet | undefined {
  if (!isAddress(address)) return undefined;
  const prefix = isAddress(mask)
    ? ipaddr.IPv4.parse(mask).prefixLengthFromSubnetMask()
    : Number(/^\d{1,2}$/.test(mask) ? mask : Number.NaN);
  if (prefix === null || !(prefix >= 0 && prefix <= 32)) return undefined;
  return parseSubnet(`${ipaddr.IPv4.networkAddressFromCIDR(`${address}/${prefix}`).toString()}/${prefix}`);
}

/** Whether the text is an IPv4 address in four decimal parts. */
export function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text);
}

/** Returns the address at an offset of the subnet; 0 is the network address itself. */
export function host(subnet: Subnet, offset: number): string {
  return toAddress(subnet.first + offset);
}

/** Returns the position of an address in its subnet. Outside of it, the position is negative or beyond the size. */
export function offset(subnet: Subnet, address: string): number {
  return toNumber(address) - subnet.first;
}

/** Whether a machine of the subnet can have the address: neither the network address nor the broadcast address. */
export function holds(subnet: Subnet, address: string): boolean {
  const number = toNumber(address);
  return number > subnet.first && number < subnet.last;
}

/** Whether two subnets share an address. */
export function overlap(a: Subnet, b: Subnet): boolean {
  return a.first <= b.last && b.first <= a.last;
}

function toNumber(address: string): number {
  return ipaddr.IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}
