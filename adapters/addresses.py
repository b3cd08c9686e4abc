"""Addresses of the public internet, and those that are not: whoever lets others name a host calls no other ones."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_TRANSLATED = IPv6Network("64:ff9b::/96")
"""Well-known prefix of NAT64 (RFC 6052): the last four bytes are an IPv4 address."""


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet, seen through every way of writing IPv4 in IPv6."""
    try:
        found = _unwrapped(ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.is_site_local:
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
    if inner is None and (address in _TRANSLATED or address.packed[:12] == bytes(12)):
        inner = IPv4Address(address.packed[12:])
    return inner or address
