/**
 * Which IP addresses belong to the public internet. Everything special is refused: a name that
 * resolves to such an address would let a prompt talk to the machine it runs on or to its network.
 * @see spec/egress.md EG-6
 */

/** IPv4 networks that are not public, as address and prefix length (RFC 6890 and its registry). */
const SPECIAL_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  // Looks public, but is the metadata and DNS service inside one large cloud.
  ['168.63.129.16', 32],
];

/**
 * IPv6 networks inside 2000::/3 that are not public. Outside 2000::/3 nothing is: that covers
 * loopback, link-local, unique local, multicast, IPv4-mapped and NAT64 addresses.
 */
const SPECIAL_V6: readonly (readonly [string, number])[] = [
  ['2001::', 23], // protocol assignments, Teredo among them
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4 carries any IPv4 address inside
  ['3fff::', 20], // documentation
];

/**
 * Whether an address as DNS or a socket gives it is on the public internet.
 * @param ip dotted IPv4, or IPv6 without brackets; anything else is not public
 */
export function isPublicAddress(ip: string): boolean {
  const v4 = ipv4Bits(ip);
  if (v4 !== undefined) return !SPECIAL_V4.some(([net, size]) => isWithin(v4, ipv4Bits(net), size));
  const v6 = ipv6Bits(ip);
  if (v6 === undefined || !isWithin(v6, ipv6Bits('2000::'), 3)) return false;
  return !SPECIAL_V6.some(([net, size]) => isWithin(v6, ipv6Bits(net), size));
}

/** Whether an address is 127.0.0.0/8 or ::1. An IPv4-mapped spelling is not taken for one. */
export function isLoopbackAddress(ip: string): boolean {
  const v4 = ipv4Bits(ip);
  if (v4 !== undefined) return isWithin(v4, ipv4Bits('127.0.0.0'), 8);
  const v6 = ipv6Bits(ip);
  return v6 !== undefined && v6 === ipv6Bits('::1');
}

/** Whether a host of a parsed URL is an address and not a name. */
export function isIpLiteral(hostname: string): boolean {
  return hostname.startsWith('[') || ipv4Bits(hostname) !== undefined;
}

/** Addresses are compared as text of bits, `'0111…'`: exact, and the same for both families. */
function isWithin(bits: string, network: string | undefined, size: number): boolean {
  return network !== undefined && bits.slice(0, size) === network.slice(0, size);
}

/** 32 binary digits. Only plain dotted decimal is an address here; `URL` has normalised the rest. */
function ipv4Bits(ip: string): string | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(ip);
  if (match === null) return undefined;
  const octets = match.slice(1).map(Number);
  if (octets.some((octet) => octet > 255)) return undefined;
  return octets.map((octet) => octet.toString(2).padStart(8, '0')).join('');
}

/** 128 binary digits. A zone (`fe80::1%eth0`) makes it no address that we could judge. */
function ipv6Bits(ip: string): string | undefined {
  const halves = ip.split('::');
  if (!ip.includes(':') || halves.length > 2) return undefined;
  const [head, tail] = halves.map(groupBits);
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 128 ? head : undefined;
  if (tail === undefined || head.length + tail.length > 112) return undefined;
  return head + '0'.repeat(128 - head.length - tail.length) + tail;
}

function groupBits(half: string): string | undefined {
  if (half === '') return '';
  const groups = half.split(':').map((group, index, all) => {
    if (index === all.length - 1 && group.includes('.')) return ipv4Bits(group);
    return /^[\da-f]{1,4}$/i.test(group)
      ? Number.parseInt(group, 16).toString(2).padStart(16, '0')
      : undefined;
  });
  return groups.includes(undefined) ? undefined : groups.join('');
}
