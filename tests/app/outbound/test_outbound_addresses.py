"""Where connections go, and where they never do, however the address is written."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest

from app.outbound.addresses import AddressRefused, checked, is_public, target_of

INSIDE = (
    *("127.0.0.1", "10.0.0.7", "172.16.4.2", "192.168.1.1", "169.254.169.254", "100.100.100.200", "168.63.129.16"),
    *("0.0.0.0", "255.255.255.255", "224.0.0.1", "239.1.2.3", "240.0.0.1", "192.0.2.1", "198.18.0.1"),  # noqa: S104 - nothing listens there
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "ff0e::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.7", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    *("2002:7f00:1::", "2002:a9fe:a9fe::1", "::7f00:1", "64:ff9b:1::1", "100.64.0.1", "2001:0:0:0:0:0:80ff:fffe"),
    *("fec0::1", "feff::1", "192.0.0.9", "192.0.0.10", "192.0.0.170", "192.88.99.1", "64:ff9b:1:ffff::5db8:d70e"),
    *("2001:1::1", "2001:4:112::1", "2001:20::1", "3fff::1", "5f00::1", "::ffff:192.0.0.9", "64:ff9b::c058:6301"),
)
OUTSIDE = ("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e")
HOOKS = target_of("https://hooks.example/daybook")


@pytest.mark.parametrize("address", INSIDE)
def test_what_only_this_side_reaches_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(AddressRefused, match="not public"):
        checked(HOOKS, [address], ())


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_the_internet_reaches_is(address: str) -> None:
    assert checked(HOOKS, [address], ()) == [ip_address(address)]


def test_one_address_inside_among_others_is_enough_to_refuse() -> None:
    with pytest.raises(AddressRefused, match="not public"):
        checked(HOOKS, ["93.184.215.14", "10.0.0.7"], ())


def test_a_network_that_the_operator_names_is_allowed_and_no_other() -> None:
    allowed = [ip_network("10.1.0.0/16")]

    assert checked(target_of("http://hooks.internal/"), ["10.1.2.3"], allowed) == [ip_address("10.1.2.3")]
    assert checked(HOOKS, ["::ffff:10.1.2.3"], allowed) == [ip_address("::ffff:10.1.2.3")]
    with pytest.raises(AddressRefused, match="DAYBOOK_OUTBOUND_NETWORKS"):
        checked(HOOKS, ["10.2.2.3"], allowed)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("fec0::1", "fec0::/10"),
        ("192.0.0.9", "192.0.0.0/24"),
        ("192.88.99.1", "192.88.99.0/24"),
        ("64:ff9b:1::1", "64:ff9b:1::/48"),
    ],
)
def test_the_operator_can_allow_what_is_special_too(address: str, network: str) -> None:
    assert checked(HOOKS, [address], [ip_network(network)]) == [ip_address(address)]


@pytest.mark.parametrize("address", ["fec0::1", "192.0.0.9", "192.88.99.1", "64:ff9b:1::1", "2001:20::1"])
def test_what_is_special_does_not_depend_on_what_python_takes_for_public(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in (IPv4Address, IPv6Address):
        monkeypatch.setattr(kind, "is_global", True)
        monkeypatch.setattr(kind, "is_reserved", False)

    assert not is_public(ip_address(address))


def test_a_network_of_ipv6_allows_no_ipv4_address_that_is_written_as_one_of_its_own() -> None:
    everything = [ip_network("::/0")]

    assert checked(HOOKS, ["fd00:1::5"], everything) == [ip_address("fd00:1::5")]
    with pytest.raises(AddressRefused, match="not public"):
        checked(HOOKS, ["::ffff:10.0.0.7"], everything)


def test_what_it_says_names_neither_the_host_nor_where_it_leads() -> None:
    with pytest.raises(AddressRefused, match="DAYBOOK_CALENDAR_NETWORKS") as told:
        checked(target_of("https://secret.example/"), ["10.0.0.1"], (), "DAYBOOK_CALENDAR_NETWORKS")
    assert "secret" not in str(told.value)
    assert "10.0.0.1" not in str(told.value)


def test_the_same_address_is_asked_for_by_numbers() -> None:
    target = target_of("https://hooks.example/daybook?key=1")
    assert target.at(ip_address("93.184.215.14")) == "https://93.184.215.14:443/daybook?key=1"
    assert target.at(ip_address("2606:2800::1")) == "https://[2606:2800::1]:443/daybook?key=1"


def test_nothing_goes_over_the_internet_unencrypted() -> None:
    with pytest.raises(AddressRefused, match="https"):
        checked(target_of("http://hooks.example/"), ["93.184.215.14"], ())


def test_a_host_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(AddressRefused, match="nowhere"):
        checked(HOOKS, [], ())


def test_an_address_is_taken_apart() -> None:
    target = target_of("https://Hooks.Example:8443/daybook?key=1")

    assert target == ("https", "hooks.example", 8443, "/daybook?key=1")
    assert target.authority == "hooks.example:8443"
    assert target_of("https://hooks.example").path == "/"
    assert target_of("https://hooks.example:443").authority == "hooks.example"
    assert target_of("https://[2606:2800::1]/").authority == "[2606:2800::1]"


@pytest.mark.parametrize(
    "url",
    [
        *("", "hooks.example", "ftp://hooks.example/", "file:///etc/passwd", "gopher://hooks.example/", "https://"),
        *("https://ada:secret@hooks.example/", "https://hooks.example@10.0.0.7/", "https://hooks.example/#part"),
        *("https://hooks.example:0/", "https://hooks.example:70000/", "https://hooks.example:port/", "https://[::1/"),
        *("https://hooks.example\\@10.0.0.7/", "https://hooks .example/", "https://hooks.example/\r\nHost: other"),
        *("https://hööks.example/", f"https://hooks.example/{'a' * 2000}"),
    ],
)
def test_an_address_that_can_be_read_in_several_ways_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        target_of(url)
